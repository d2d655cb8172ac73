// Command lua runs a health check as Argo CD does: with its interpreter, the libraries that it opens by itself, and the
// object as `obj`. It reads {"script": …, "object": …} from standard input and prints the table that the script returns.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// What Argo CD grants a script.
const limit = time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var input struct {
		Script string
		Object map[string]any
	}
	if err := json.NewDecoder(os.Stdin).Decode(&input); err != nil {
		return fmt.Errorf("read script and object: %w", err)
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	// Argo CD's own, harmless `os` is left out: a health check has no use for a clock.
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
	} {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return fmt.Errorf("open library %q: %w", library.name, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", toLua(state, input.Object))
	if err := state.DoString(input.Script); err != nil {
		return fmt.Errorf("run the script: %w", err)
	}
	returned, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return fmt.Errorf("the script returned a %s instead of a table", state.Get(-1).Type())
	}
	answer := map[string]any{}
	var unknown error
	returned.ForEach(func(key, value lua.LValue) {
		text, ok := value.(lua.LString)
		if !ok {
			unknown = fmt.Errorf("%s is a %s instead of text", key, value.Type())
		}
		answer[key.String()] = string(text)
	})
	if unknown != nil {
		return unknown
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.NewTable()
		for _, item := range value {
			table.Append(toLua(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range value {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
