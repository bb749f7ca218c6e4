package main

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/lineage"
)

type tested struct {
	Tests []testResult `json:"tests"`
	// Text is what `opa test --verbose` prints.
	Text     string       `json:"text"`
	Coverage cover.Report `json:"coverage"`
}

type testResult struct {
	File       string `json:"file"`
	Row        int    `json:"row"`
	Package    string `json:"package"`
	Name       string `json:"name"`
	Outcome    string `json:"outcome"`
	DurationNs int64  `json:"durationNs"`
	Output     string `json:"output"`
	Error      string `json:"error"`
	Trace      string `json:"trace"`
}

// test runs OPA's tester twice, because tracing and coverage exclude each other there.
func test(ctx context.Context, req *request) (any, error) {
	modules, err := parse(req.Files)
	if err != nil {
		return nil, err
	}
	// A policy that cannot be built must not look tested.
	if err := req.compiled(ctx, withoutTests(modules), capabilities(req.HostBuiltins)); err != nil {
		return nil, err
	}
	traced, err := runTests(ctx, req, tester.NewRunner().EnableTracing(true), copies(modules))
	if err != nil {
		return nil, err
	}
	text := &bytes.Buffer{}
	if err := report(text, traced); err != nil {
		return nil, err
	}
	// The supplementary passes only tag lines that are not covered; the report here has no use for the tags.
	coverage, runner := cover.New(), tester.NewRunner().SetCoverageRuns(nil)
	if _, err := runTests(ctx, req, runner.SetCoverageQueryTracer(coverage), copies(modules)); err != nil {
		return nil, err
	}
	return tested{Tests: results(traced), Text: text.String(), Coverage: coverage.Report(modules)}, nil
}

func runTests(ctx context.Context, req *request, runner *tester.Runner, modules map[string]*ast.Module) ([]*tester.Result, error) {
	store, err := req.store()
	if err != nil {
		return nil, err
	}
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	compiler := ast.NewCompiler().
		WithCapabilities(everything()).
		WithEnablePrintStatements(true).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	channel, err := runner.
		SetCompiler(compiler).SetStore(store).SetModules(modules).SetParallel(1).
		RunTests(ctx, txn)
	if err != nil {
		return nil, err
	}
	var out []*tester.Result
	for result := range channel {
		result.Trace = lineage.Filter(result.Trace, func(event *topdown.Event) bool {
			return event.Op == topdown.NoteOp || event.Op == topdown.FailOp
		})
		out = append(out, result)
	}
	slices.SortFunc(out, func(a, b *tester.Result) int {
		return cmp.Or(a.Location.Compare(b.Location), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

func report(out *bytes.Buffer, results []*tester.Result) error {
	channel := make(chan *tester.Result, len(results))
	for _, result := range results {
		channel <- result
	}
	close(channel)
	return tester.PrettyReporter{Output: out, Verbose: true}.Report(channel)
}

func results(all []*tester.Result) []testResult {
	out := make([]testResult, 0, len(all))
	for _, r := range all {
		result := testResult{
			File: r.Location.File, Row: r.Location.Row, Package: r.Package, Name: r.Name,
			Outcome: outcome(r), DurationNs: r.Duration.Nanoseconds(), Output: string(r.Output),
		}
		if r.Error != nil {
			result.Error = r.Error.Error()
		}
		if r.Fail {
			trace := &bytes.Buffer{}
			topdown.PrettyTraceWithLocation(trace, r.Trace)
			result.Trace = trace.String()
		}
		out = append(out, result)
	}
	return out
}

func outcome(r *tester.Result) string {
	switch {
	case r.Error != nil:
		return "error"
	case r.Skip:
		return "skip"
	case r.Fail:
		return "fail"
	default:
		return "pass"
	}
}
