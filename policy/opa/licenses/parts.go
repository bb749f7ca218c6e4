package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const opaModule = "github.com/open-policy-agent/opa"

// part is one piece of the module that has a licence of its own.
type part struct {
	name, version string
	licences      []licence
}

type licence struct{ file, text string }

func (p part) spdx() string {
	ids := []string{}
	for _, l := range p.licences {
		if id := identify(l.text); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ", ")
}

type goPackage struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// partsOfModule asks Go which packages are linked in, and finds the licence files that govern each of them.
func partsOfModule() ([]part, error) {
	packages, err := linkedPackages()
	if err != nil {
		return nil, err
	}
	byModule := map[string]*part{}
	opaDir := ""
	for _, p := range packages {
		if p.Standard || p.Module.Main {
			continue
		}
		if p.Module.Path == opaModule {
			opaDir = p.Module.Dir
		}
		entry, ok := byModule[p.Module.Path]
		if !ok {
			entry = &part{name: p.Module.Path, version: p.Module.Version}
			byModule[p.Module.Path] = entry
		}
		if err := entry.addLicences(p.Module.Dir, p.Dir); err != nil {
			return nil, err
		}
	}
	out := []part{}
	for _, entry := range byModule {
		out = append(out, *entry)
	}
	goPart, err := goItself()
	if err != nil {
		return nil, err
	}
	runtimePart, err := wasmRuntime(opaDir, byModule[opaModule].version)
	if err != nil {
		return nil, err
	}
	out = append(out, goPart, runtimePart)
	slices.SortFunc(out, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return out, complete(out)
}

func linkedPackages() ([]goPackage, error) {
	command := exec.Command("go", "list", "-deps", "-json=Dir,Standard,Module", ".")
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	listing, err := command.Output()
	if err != nil {
		return nil, err
	}
	out := []goPackage{}
	decoder := json.NewDecoder(strings.NewReader(string(listing)))
	for {
		p := goPackage{}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
}

// noLicence are files that must be passed on and grant nothing that has an identifier.
var noLicence = regexp.MustCompile(`(?i)^(notice|patents)`)

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)`)

// addLicences takes the licence files of the package's folder and of all folders above it, up to the module's.
func (p *part) addLicences(moduleDir, packageDir string) error {
	for dir := packageDir; ; dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			file, err := filepath.Rel(moduleDir, filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			if err := p.add(moduleDir, file); err != nil {
				return err
			}
		}
		if dir == moduleDir {
			slices.SortFunc(p.licences, func(a, b licence) int { return strings.Compare(a.file, b.file) })
			return nil
		}
	}
}

func (p *part) add(dir, file string) error {
	if slices.ContainsFunc(p.licences, func(l licence) bool { return l.file == file }) {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err == nil {
		p.licences = append(p.licences, licence{file: file, text: tidy(string(text))})
	}
	return err
}

func goItself() (part, error) {
	root, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return part{}, err
	}
	fields := strings.Fields(string(root))
	p := part{name: "Go standard library and runtime", version: fields[1]}
	return p, errors.Join(p.add(fields[0], "LICENSE"), p.add(fields[0], "PATENTS"))
}

func complete(parts []part) error {
	for _, p := range parts {
		if p.spdx() == "" {
			return fmt.Errorf("%s %s: no licence was found; look at it by hand", p.name, p.version)
		}
		for _, l := range p.licences {
			if identify(l.text) == "" && !noLicence.MatchString(filepath.Base(l.file)) {
				return fmt.Errorf("%s %s: %s is a licence that this tool does not know", p.name, p.version, l.file)
			}
		}
	}
	return nil
}

var trailingSpace = regexp.MustCompile(`[ \t\f\r]+\n`)

func tidy(text string) string {
	return strings.Trim(trailingSpace.ReplaceAllString(text+"\n", "\n"), "\n")
}
