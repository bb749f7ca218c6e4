package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

// rewritten builtins become plan statements; no module ever calls them.
var rewritten = []string{ast.Assign.Name, ast.Equality.Name}

// TestNativeList compiles one call of every builtin and looks whether the module asks its host for it: a module
// holds the names of the host builtins as NUL-terminated strings.
func TestNativeList(t *testing.T) {
	baseline := moduleOf(t, "p := input.x")
	native := slices.Clone(rewritten)
	for _, builtin := range ast.Builtins {
		if builtin.Decl.Result() == nil || builtin.IsDeprecated() || slices.Contains(slices.Concat(erased, rewritten), builtin.Name) {
			continue
		}
		name := append([]byte(builtin.Name), 0)
		if bytes.Count(moduleOf(t, callOf(builtin)), name) == bytes.Count(baseline, name) {
			native = append(native, builtin.Name)
		}
	}
	slices.Sort(native)
	if want := strings.Join(native, "\n") + "\n"; nativeText != want {
		t.Errorf("native.txt differs from what OPA compiles natively; it should be:\n%s", want)
	}
}

func callOf(builtin *ast.Builtin) string {
	arguments := []string{}
	for i := range builtin.Decl.Arity() {
		arguments = append(arguments, fmt.Sprintf("input.a%d", i))
	}
	return fmt.Sprintf("p if { %s(%s) }", builtin.Name, strings.Join(append(arguments, "out"), ", "))
}

func moduleOf(t *testing.T, rule string) []byte {
	t.Helper()
	text := "package q\n" + rule
	module, err := ast.ParseModuleWithOpts("q.rego", text, ast.ParserOptions{})
	if err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	input := &bundle.Bundle{Modules: []bundle.ModuleFile{{URL: "q.rego", Path: "q.rego", Parsed: module, Raw: []byte(text)}}}
	input.Manifest.Init()
	compiler := compile.New().WithBundle(input).WithTarget(compile.TargetWasm).WithEntrypoints("q/p")
	if err := compiler.Build(context.Background()); err != nil {
		t.Fatalf("%s: %v", rule, err)
	}
	return compiler.Bundle().WasmModules[0].Raw
}
