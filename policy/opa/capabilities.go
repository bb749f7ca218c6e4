package main

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// native.txt names the builtins that OPA compiles into the WebAssembly module itself. native_test.go derives the
// same list from OPA and fails when they differ.
//
//go:embed native.txt
var nativeText string

// erased names the builtins that the compiler removes before it plans the module.
var erased = []string{"print", "internal.print"}

// capabilities allows what a module can do by itself and what its host supplies; OPA refuses anything else,
// naming the file and line.
func capabilities(hostBuiltins []string) *ast.Capabilities {
	allowed := slices.Concat(strings.Fields(nativeText), erased, hostBuiltins)
	caps := ast.CapabilitiesForThisVersion()
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(b *ast.Builtin) bool {
		return !slices.Contains(allowed, b.Name)
	})
	caps.AllowNet = []string{}
	return caps
}

// everything is what tests and evaluations may use: they run in OPA's own evaluator, not in a module.
func everything() *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.AllowNet = []string{}
	return caps
}
