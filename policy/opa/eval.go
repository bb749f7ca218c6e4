package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/util"
)

type evalCase struct {
	Query string          `json:"query"`
	Input json.RawMessage `json:"input"`
	// NowNs fixes the clock, in nanoseconds since the Unix epoch.
	NowNs *int64 `json:"nowNs,string"`
}

// answer holds values as JSON text: numbers in it may be larger than a reader's own number type.
type answer struct {
	Values        []string `json:"values"`
	BuiltinErrors []string `json:"builtinErrors"`
	Error         string   `json:"error"`
}

// eval gives OPA's own answer to each query: the value of its last expression, once for every solution.
func eval(ctx context.Context, req *request) (any, error) {
	modules, err := parse(req.Files)
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().WithCapabilities(everything())
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	answers := make([]answer, 0, len(req.Cases))
	for i := range req.Cases {
		answered, err := evalOne(ctx, req, compiler, &req.Cases[i])
		if err != nil {
			return nil, fmt.Errorf("case %d: %w", i, err)
		}
		answers = append(answers, answered)
	}
	return answers, nil
}

func evalOne(ctx context.Context, req *request, compiler *ast.Compiler, c *evalCase) (answer, error) {
	out := answer{Values: []string{}, BuiltinErrors: []string{}}
	store, err := req.store()
	if err != nil {
		return out, err
	}
	builtinErrors := []topdown.Error{}
	options := []func(*rego.Rego){
		rego.Query(c.Query), rego.Compiler(compiler), rego.Store(store), rego.BuiltinErrorList(&builtinErrors),
	}
	if c.NowNs != nil {
		options = append(options, rego.Time(time.Unix(0, *c.NowNs)))
	}
	if len(c.Input) > 0 {
		var input any
		if err := util.UnmarshalJSON(c.Input, &input); err != nil {
			return out, fmt.Errorf("input: %w", err)
		}
		options = append(options, rego.Input(input))
	}
	results, err := rego.New(options...).Eval(ctx)
	if err != nil {
		out.Error = err.Error()
		return out, nil
	}
	for _, result := range results {
		value, err := json.Marshal(result.Expressions[len(result.Expressions)-1].Value)
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, string(value))
	}
	for i := range builtinErrors {
		out.BuiltinErrors = append(out.BuiltinErrors, builtinErrors[i].Error())
	}
	return out, nil
}
