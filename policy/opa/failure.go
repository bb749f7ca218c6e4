package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// failure carries OPA's own rendering of all errors, and each error by its parts.
type failure struct {
	Text   string     `json:"text"`
	Errors []location `json:"errors"`
}

type location struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	File    string   `json:"file"`
	Row     int      `json:"row"`
	Col     int      `json:"col"`
	Details []string `json:"details"`
}

func describe(err error) *failure {
	errs, ok := errors.AsType[ast.Errors](err)
	if !ok {
		return &failure{Text: err.Error(), Errors: []location{}}
	}
	for _, e := range errs {
		explain(e)
	}
	return &failure{Text: errs.Error(), Errors: locations(errs)}
}

func locations(errs ast.Errors) []location {
	out := make([]location, 0, len(errs))
	for _, e := range errs {
		l := location{Code: e.Code, Message: e.Message, Details: []string{}}
		if e.Location != nil {
			l.File, l.Row, l.Col = e.Location.File, e.Location.Row, e.Location.Col
		}
		if e.Details != nil {
			l.Details = e.Details.Lines()
		}
		out = append(out, l)
	}
	return out
}

type lines []string

func (l lines) Lines() []string { return l }

// explain tells a builtin that OPA has and the host lacks from a misspelt name; to the compiler both are undefined.
func explain(e *ast.Error) {
	name, undefined := strings.CutPrefix(e.Message, "undefined function ")
	known := slices.ContainsFunc(ast.Builtins, func(b *ast.Builtin) bool { return b.Name == name })
	if undefined && known && e.Details == nil {
		e.Details = lines{name + " is a builtin of OPA that is not available here"}
	}
}
