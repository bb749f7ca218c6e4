package main

import (
	"regexp"
	"strings"
)

// identify gives the SPDX identifier of the licences that occur in the module; "" for notices and patent grants.
func identify(text string) string {
	flat := regexp.MustCompile(`\s+`).ReplaceAllString(text, " ")
	has := func(phrase string) bool { return strings.Contains(flat, phrase) }
	switch {
	case has("SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"):
		return "Apache-2.0 WITH LLVM-exception"
	case has("MIT License and Apache License"), has("covered by two different licenses: MIT and Apache"):
		return "MIT AND Apache-2.0"
	case has("Apache License") && has("Version 2.0") && has("TERMS AND CONDITIONS FOR USE"):
		return "Apache-2.0"
	case has("Permission is hereby granted, free of charge"):
		return "MIT"
	case has("Redistribution and use in source and binary forms") && has("endorse or promote"):
		return "BSD-3-Clause"
	case has("Redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	case has("Permission to use, copy, modify, and distribute this software for any purpose without fee"):
		return "LicenseRef-Lucent"
	case has("Permission to use, copy, modify, and distribute this software for any purpose with or without fee"):
		return "ISC"
	case has("Permission to use, copy, modify, and distribute this software is freely granted"):
		return "SunPro"
	default:
		return ""
	}
}
