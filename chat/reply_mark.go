package chat

import "strings"

// readMistral reads a list of objects, or a name and arguments of each call.
func readMistral(body string, tools toolSet) []ToolCall {
	var calls []ToolCall
	for part := range strings.SplitSeq(body, "[TOOL_CALLS]") {
		name, args, ok := strings.Cut(part, "[ARGS]")
		if !ok {
			more := readJSON(part, tools)
			if more == nil {
				return nil
			}
			calls = append(calls, more...)
			continue
		}
		name, id, _ := strings.Cut(name, "[CALL_ID]")
		arguments := object(args)
		if name = strings.TrimSpace(name); name == "" || arguments == nil {
			return nil
		}
		calls = append(calls, ToolCall{ID: strings.TrimSpace(id), Name: name, Arguments: arguments})
	}
	return calls
}

// readKimi reads calls whose id says the function: functions.NAME:0.
func readKimi(body string, _ toolSet) []ToolCall {
	return readEach(body, "<|tool_call_begin|>", "<|tool_call_end|>", func(text string) (ToolCall, bool) {
		id, args, ok := strings.Cut(text, "<|tool_call_argument_begin|>")
		id = strings.TrimSpace(id)
		name := strings.TrimPrefix(id, "functions.")
		if i := strings.LastIndexByte(name, ':'); i >= 0 {
			name = name[:i]
		}
		return ToolCall{ID: id, Name: name, Arguments: object(args)}, ok
	})
}

// readDeepSeek reads calls with arguments in a fence, or without.
func readDeepSeek(body string, _ toolSet) []ToolCall {
	return readEach(body, "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", func(text string) (ToolCall, bool) {
		name, args, ok := strings.Cut(text, "<｜tool▁sep｜>")
		if kind, fenced, is := strings.Cut(args, "\n```json"); is && strings.TrimSpace(name) == "function" {
			name, args = kind, strings.TrimSuffix(strings.TrimRight(fenced, space), "```")
		}
		return ToolCall{Name: strings.TrimSpace(name), Arguments: object(args)}, ok
	})
}

// readEach reads calls one after another, each between two marks.
func readEach(body, open, end string, read func(text string) (ToolCall, bool)) []ToolCall {
	var calls []ToolCall
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		var text string
		rest, ok := strings.CutPrefix(body, open)
		if !ok {
			return nil
		}
		text, body, _ = strings.Cut(rest, end)
		c, ok := read(text)
		if !ok || c.Name == "" || c.Arguments == nil {
			return nil
		}
		calls = append(calls, c)
	}
	return calls
}

// readFunction reads NAME>{…}, what stands behind <function=.
func readFunction(body string, _ toolSet) []ToolCall {
	name, args, ok := strings.Cut(body, ">")
	if arguments := object(args); ok && name != "" && arguments != nil {
		return []ToolCall{{Name: name, Arguments: arguments}}
	}
	return nil
}

// readTags reads <function=NAME> with <parameter=KEY>VALUE</parameter> in it.
func readTags(body string, tools toolSet) []ToolCall {
	return readEach(body, "<function=", "</function>", func(text string) (ToolCall, bool) {
		name, text, ok := strings.Cut(text, ">")
		args := newArguments(tools, name)
		for text = strings.TrimSpace(text); ok && text != ""; text = strings.TrimSpace(text) {
			var key, value string
			if text, ok = strings.CutPrefix(text, "<parameter="); ok {
				key, text, ok = strings.Cut(text, ">")
			}
			value, text, _ = strings.Cut(text, "</parameter>")
			args.add(key, strings.TrimSuffix(strings.TrimPrefix(value, "\n"), "\n"))
		}
		return ToolCall{Name: name, Arguments: args.json()}, ok
	})
}

// readPairs reads GLM's: a name, then keys and values.
func readPairs(body string, tools toolSet) []ToolCall {
	name, text := body, ""
	if i := strings.Index(body, "<arg_key>"); i >= 0 {
		name, text = body[:i], body[i:]
	}
	name = strings.TrimSpace(name)
	args := newArguments(tools, name)
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		rest, ok := strings.CutPrefix(text, "<arg_key>")
		key, rest, is := strings.Cut(rest, "</arg_key>")
		rest, was := strings.CutPrefix(strings.TrimSpace(rest), "<arg_value>")
		value, rest, has := strings.Cut(rest, "</arg_value>")
		if !ok || !is || !was || !has {
			return nil
		}
		args.add(strings.TrimSpace(key), value)
		text = rest
	}
	if name == "" || strings.ContainsAny(name, "<{\n ") {
		return nil
	}
	return []ToolCall{{Name: name, Arguments: args.json()}}
}
