package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// readJSON returns JSON as expressions look at it, or nil where it is none. Whole numbers stay
// whole, and one that is too large for that is a string with its digits: it is somebody's id.
func readJSON(data []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return plainNumbers(value)
}

func plainNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.Atoi(v.String()); err == nil {
			return whole
		}
		if strings.Trim(v.String(), "-0123456789") == "" {
			return v.String()
		}
		if broken, err := v.Float64(); err == nil {
			return broken
		}
		return v.String()
	case map[string]any:
		for name, element := range v {
			v[name] = plainNumbers(element)
		}
	case []any:
		for i, element := range v {
			v[i] = plainNumbers(element)
		}
	}
	return value
}
