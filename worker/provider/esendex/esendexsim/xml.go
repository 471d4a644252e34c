package esendexsim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
)

// element is one with texts in it, and where it is the batch the message.
type element struct {
	texts   map[string]string
	message *element
}

// parse reads a batch of one message, or says why it can't. Every element is one of the schema's,
// without attributes and given once; their order does not matter, since the vendor's own SDKs have
// other ones than the schema.
func parse(body []byte) (*element, string) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	root, reason := start(decoder)
	switch {
	case reason != "":
		return nil, reason
	case root == nil || root.Name.Local != "messages":
		return nil, "the root is not messages"
	}
	batch, reason := children(decoder, batchElements, true)
	if reason != "" {
		return nil, reason
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return batch, ""
		}
		if text, ok := token.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(text)) > 0 {
			return nil, "there is more after the root"
		}
	}
}

// notXML is why a body that is no XML is refused.
const notXML = "the body is not XML"

// start returns the next start of an element, or nil at the end of the one around it.
func start(decoder *xml.Decoder) (*xml.StartElement, string) {
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, notXML
		}
		switch t := token.(type) {
		case xml.StartElement:
			return &t, ""
		case xml.EndElement:
			return nil, ""
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, "there is text between elements"
			}
		case xml.Directive:
			return nil, "there is a document type"
		}
	}
}

// children reads the elements up to the end of the one around them.
func children(decoder *xml.Decoder, allowed []string, batch bool) (*element, string) {
	read := &element{texts: make(map[string]string)}
	for {
		child, reason := start(decoder)
		switch {
		case reason != "":
			return nil, reason
		case child == nil:
			return read, ""
		case batch && child.Name.Local == "message":
			if read.message != nil {
				return nil, "there are several messages, which the look-alike does not take"
			}
			if read.message, reason = children(decoder, messageElements, false); reason != "" {
				return nil, reason
			}
			continue
		case !slices.Contains(allowed, child.Name.Local) || len(child.Attr) > 0:
			return nil, "there is an element or an attribute that the API does not have"
		case has(read.texts, child.Name.Local):
			return nil, "an element is given twice"
		}
		var text struct {
			Text  string     `xml:",chardata"`
			Inner []struct{} `xml:",any"`
		}
		if decoder.DecodeElement(&text, child) != nil {
			return nil, notXML
		}
		if len(text.Inner) > 0 {
			return nil, "there is an element within a text"
		}
		read.texts[child.Name.Local] = text.Text
	}
}
