package main

import (
	_ "embed"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// re2.txt is google/re2's LICENSE, to which the headers of RE2's files refer; OPA's module does not carry it.
//
//go:embed re2.txt
var re2Licence string

var (
	sourceFile   = regexp.MustCompile(`\.(c|cc|h)$`)
	comment      = regexp.MustCompile(`(?s)/\*.*?\*/|(?:(?m:^[ \t]*//[^\n]*)\n)+`)
	commentStart = regexp.MustCompile(`(?m)^[ \t]*(/\*+|\*+/|//|\*)[ \t]?`)
	isLicence    = regexp.MustCompile(`Permission (is|to)|Redistribution and use|SPDX-License-Identifier`)
)

// wasmRuntime is the C and C++ code that OPA links into every policy it compiles to WebAssembly. Its licences stand
// in comments of the sources.
func wasmRuntime(opaDir, version string) (part, error) {
	p := part{name: "OPA's WebAssembly runtime", version: version}
	if err := p.add(opaDir, "LICENSE"); err != nil {
		return p, err
	}
	p.licences = append(p.licences, licence{file: "RE2's LICENSE", text: tidy(re2Licence)})
	root := filepath.Join(opaDir, "wasm", "src")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !sourceFile.MatchString(path) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(opaDir, path)
		if err != nil {
			return err
		}
		p.addComments(file, string(text))
		return nil
	})
	return p, err
}

func (p *part) addComments(file, source string) {
	for _, block := range comment.FindAllString(source, -1) {
		if !isLicence.MatchString(block) {
			continue
		}
		text := tidy(commentStart.ReplaceAllString(strings.TrimSuffix(block, "*/"), ""))
		if !slices.ContainsFunc(p.licences, func(l licence) bool { return l.text == text }) {
			p.licences = append(p.licences, licence{file: file, text: text})
		}
	}
}
