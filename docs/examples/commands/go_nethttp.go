// The API page's example for Go, with net/http, as a command.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"strings"
)

type Call struct {
	ID        int            `json:"id"`
	BaseURL   string         `json:"base_url"`
	APIKey    string         `json:"api_key"`
	Arguments map[string]any `json:"arguments"`
}

func untagged(value any) any {
	switch value := value.(type) {
	case []any:
		for place, item := range value {
			value[place] = untagged(item)
		}
	case map[string]any:
		switch value["$stt"] {
		case "nan":
			return math.NaN()
		case "infinity":
			return math.Inf(1)
		case "-infinity":
			return math.Inf(-1)
		case "object":
			object := map[string]any{}
			for _, entry := range value["entries"].([]any) {
				object[entry.([]any)[0].(string)] = untagged(entry.([]any)[1])
			}
			return object
		}
		for name, item := range value {
			value[name] = untagged(item)
		}
	}
	return value
}

func transcribe(call Call) (map[string]any, error) {
	arguments := untagged(call.Arguments).(map[string]any)
	for name, value := range arguments {
		if value == nil {
			delete(arguments, name)
		}
	}
	if audio, ok := arguments["input_audio"].(map[string]any); ok && audio["format_"] != nil {
		audio["format"] = audio["format_"]
		delete(audio, "format_")
	}
	text, err := json.Marshal(arguments)
	if err != nil {
		return nil, err
	}

	// From here on it is the example, with the call's values in place of its own, and with its errors returned.
	url := call.BaseURL + "/audio/transcriptions"
	payload := strings.NewReader(string(text))
	req, err := http.NewRequest("POST", url, payload)
	if err != nil {
		return nil, err
	}
	req.Header.Add("Authorization", "Bearer "+call.APIKey)
	req.Header.Add("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var transcription map[string]any
	err = json.Unmarshal(body, &transcription)
	return transcription, err
}

func returned(transcription map[string]any) map[string]any {
	ok := map[string]any{}
	for _, name := range []string{"text", "usage", "error"} {
		if value, found := transcription[name]; found {
			ok[name] = value
		}
	}
	return ok
}

func say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func typesOf(err error) []string {
	types := []string{}
	for ; err != nil; err = errors.Unwrap(err) {
		types = append(types, fmt.Sprintf("%T", err))
	}
	return types
}

func main() {
	features := []string{"api_key", "input_audio", "model", "language", "provider", "temperature"}
	say(map[string]any{"protocol": 1, "name": "net/http", "version": runtime.Version(), "features": features})
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		var call Call
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&call); err != nil {
			panic(err)
		}
		if transcription, err := transcribe(call); err != nil {
			say(map[string]any{"id": call.ID, "error": map[string]any{"types": typesOf(err), "message": err.Error()}})
		} else {
			say(map[string]any{"id": call.ID, "ok": returned(transcription)})
		}
	}
}
