// Command opa is OPA's own compiler, tester and evaluator behind one JSON document on standard input and one on
// standard output. It is built for WASI (see build.sh) and run by run.mjs; it opens no file and no socket.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// request is what run.mjs passes on, unchanged, from src/policy/compiler.
type request struct {
	Command string `json:"command"`
	// Files maps a name, as it shall appear in messages, to Rego text.
	Files map[string]string `json:"files"`
	// Data is the base document; it never becomes part of the WebAssembly module.
	Data json.RawMessage `json:"data"`
	// Entrypoints are slash paths of decisions, such as kkp/authz/allow.
	Entrypoints []string `json:"entrypoints"`
	// HostBuiltins names the builtins that the host of the WebAssembly module supplies.
	HostBuiltins []string   `json:"hostBuiltins"`
	Cases        []evalCase `json:"cases"`
}

type response struct {
	Result any      `json:"result,omitempty"`
	Error  *failure `json:"error,omitempty"`
}

var commands = map[string]func(context.Context, *request) (any, error){
	"build": build,
	"check": check,
	"test":  test,
	"eval":  eval,
}

func main() {
	answer := response{}
	result, err := run(os.Stdin)
	if err != nil {
		answer.Error = describe(err)
	} else {
		answer.Result = result
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(input io.Reader) (any, error) {
	req := request{}
	decoder := json.NewDecoder(input)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&req); err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	command, ok := commands[req.Command]
	if !ok {
		return nil, fmt.Errorf("request: unknown command %q", req.Command)
	}
	return command(context.Background(), &req)
}
