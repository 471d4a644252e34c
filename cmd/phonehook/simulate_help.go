package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// wrapped writes names in lines that fit a terminal.
func wrapped(names []string) string {
	const width = 80
	var out strings.Builder
	length := 0
	for i, name := range names {
		if i < len(names)-1 {
			name += ","
		}
		if length > 0 && length+1+len(name) > width {
			out.WriteByte('\n')
			length = 0
		}
		if length > 0 {
			out.WriteByte(' ')
			length++
		}
		out.WriteString(name)
		length += len(name)
	}
	return out.String() + "."
}

// magicTable lists the recipients with a meaning.
func magicTable() string {
	numbers := simulator.MagicNumbers()
	var out strings.Builder
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		fmt.Fprintf(&out, "  %s  %s\n", number, numbers[number])
	}
	return out.String()
}
