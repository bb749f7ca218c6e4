package main

import (
	"context"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

type built struct {
	Wasm     []byte     `json:"wasm"`
	Warnings []location `json:"warnings"`
}

type checked struct {
	Warnings []location `json:"warnings"`
}

// build compiles the files that are not tests into one WebAssembly module.
func build(ctx context.Context, req *request) (any, error) {
	modules, err := parse(withoutTests(req.Files))
	if err != nil {
		return nil, err
	}
	return buildModule(ctx, req, modules)
}

// check does all that build does and compiles the tests as well; it gives back no module.
func check(ctx context.Context, req *request) (any, error) {
	modules, err := parse(req.Files)
	if err != nil {
		return nil, err
	}
	result, err := buildModule(ctx, req, withoutTests(modules))
	if err != nil {
		return nil, err
	}
	if err := req.compiled(ctx, modules, everything()); err != nil {
		return nil, err
	}
	return checked{Warnings: result.Warnings}, nil
}

func buildModule(ctx context.Context, req *request, modules map[string]*ast.Module) (*built, error) {
	document, err := req.document()
	if err != nil {
		return nil, err
	}
	caps := capabilities(req.HostBuiltins)
	if err := req.compiled(ctx, modules, caps); err != nil {
		return nil, err
	}
	input := &bundle.Bundle{Data: document}
	input.SetRegoVersion(ast.DefaultRegoVersion)
	input.Manifest.Init()
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		input.Modules = append(input.Modules, bundle.ModuleFile{
			URL: name, Path: name, Raw: []byte(req.Files[name]), Parsed: modules[name].Copy(),
		})
	}
	compiler := compile.New().
		WithBundle(input).
		WithTarget(compile.TargetWasm).
		WithEntrypoints(req.Entrypoints...).
		WithCapabilities(caps)
	if err := compiler.Build(ctx); err != nil {
		return nil, err
	}
	wasm := compiler.Bundle().WasmModules[0].Raw
	return &built{Wasm: wasm, Warnings: warnings(modules, caps)}, nil
}

// warnings are what OPA's strict mode would refuse: unused imports, variables and arguments.
func warnings(modules map[string]*ast.Module, caps *ast.Capabilities) []location {
	compiler := ast.NewCompiler().WithCapabilities(caps).WithStrict(true)
	compiler.Compile(copies(modules))
	compiler.Errors.Sort()
	return locations(compiler.Errors)
}
