// Command licenses lists what opa.wasm is made of: /NOTICE names each part with its licence, /policy/opa/LICENSES.md
// holds the texts. With --check it writes nothing and fails when the committed files differ.
// Run from policy/opa: go run ./licenses
package main

import (
	"bytes"
	"fmt"
	"os"
)

func main() {
	if err := run(len(os.Args) > 1 && os.Args[1] == "--check"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool) error {
	parts, err := partsOfModule()
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{"../../NOTICE": notice(parts), "LICENSES.md": texts(parts)} {
		if !check {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return err
			}
			continue
		}
		committed, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.Equal(committed, content) {
			return fmt.Errorf("%s is not what `go run ./licenses` writes", path)
		}
	}
	return nil
}

const noticeHead = `Keyless KMS Proxy (KKP)
Licensed under the Apache License, Version 2.0; see LICENSE.

policy/opa/opa.wasm.br is Open Policy Agent's compiler, tester and evaluator, built for WASI. It contains the parts
listed below. policy/kkp.wasm, and every policy that is compiled to WebAssembly with it, contains the part
"OPA's WebAssembly runtime". The texts of all licences are in policy/opa/LICENSES.md.

`

func notice(parts []part) []byte {
	out := bytes.NewBufferString(noticeHead)
	for _, p := range parts {
		fmt.Fprintf(out, "%s %s: %s\n", p.name, p.version, p.spdx())
	}
	return out.Bytes()
}

func texts(parts []part) []byte {
	out := bytes.NewBufferString("# Licences of what opa.wasm contains\n\nWritten by `go run ./licenses`.\n")
	first := map[string]string{}
	for _, p := range parts {
		fmt.Fprintf(out, "\n## %s %s\n\n%s\n", p.name, p.version, p.spdx())
		for _, l := range p.licences {
			if seen, ok := first[l.text]; ok {
				fmt.Fprintf(out, "\n%s: the same text as under %s.\n", l.file, seen)
				continue
			}
			first[l.text] = p.name
			fmt.Fprintf(out, "\n%s:\n\n```text\n%s\n```\n", l.file, l.text)
		}
	}
	return out.Bytes()
}
