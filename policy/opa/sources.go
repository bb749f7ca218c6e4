package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
)

const testSuffix = "_test.rego"

// parse reads every file, in the order of their names, and reports the errors of all of them at once.
func parse(files map[string]string) (map[string]*ast.Module, error) {
	modules := make(map[string]*ast.Module, len(files))
	var all ast.Errors
	for _, name := range slices.Sorted(maps.Keys(files)) {
		module, err := ast.ParseModuleWithOpts(name, files[name], ast.ParserOptions{ProcessAnnotation: true})
		if errs, ok := errors.AsType[ast.Errors](err); ok {
			all = append(all, errs...)
		} else if one, ok := errors.AsType[*ast.Error](err); ok {
			all = append(all, one)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		modules[name] = module
	}
	if len(all) > 0 {
		return nil, all
	}
	return modules, nil
}

// compiled reports every error that OPA's compiler finds, and a rule that the data documents would shadow.
func (r *request) compiled(ctx context.Context, modules map[string]*ast.Module, caps *ast.Capabilities) error {
	store, err := r.store()
	if err != nil {
		return err
	}
	return storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		compiler := ast.NewCompiler().
			WithCapabilities(caps).
			WithEnablePrintStatements(true).
			WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
		if compiler.Compile(copies(modules)); compiler.Failed() {
			return compiler.Errors
		}
		return nil
	})
}

// withoutTests leaves what serves decisions: files or modules, by name.
func withoutTests[V any](byName map[string]V) map[string]V {
	out := maps.Clone(byName)
	maps.DeleteFunc(out, func(name string, _ V) bool { return strings.HasSuffix(name, testSuffix) })
	return out
}

// copies are needed wherever modules are compiled twice: the compiler rewrites what it is given.
func copies(modules map[string]*ast.Module) map[string]*ast.Module {
	out := make(map[string]*ast.Module, len(modules))
	for name, module := range modules {
		out[name] = module.Copy()
	}
	return out
}

func (r *request) document() (map[string]any, error) {
	if len(r.Data) == 0 {
		return map[string]any{}, nil
	}
	document := map[string]any{}
	if err := util.UnmarshalJSON(r.Data, &document); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return document, nil
}

func (r *request) store() (storage.Store, error) {
	document, err := r.document()
	if err != nil {
		return nil, err
	}
	return inmem.NewFromObject(document), nil
}
