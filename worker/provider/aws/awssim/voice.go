package awssim

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

// call is the body of SendVoiceMessage.
type call struct {
	common

	MessageBodyTextType *string
	VoiceID             *string `json:"VoiceId"`
	MaxPricePerMinute   *string
}

const (
	maxSSML  = 6000
	maxPlain = 3000
)

// voices are those of the parameter VoiceId.
var voices = strings.Fields(`AMY ASTRID BIANCA BRIAN CAMILA CARLA CARMEN CELINE CHANTAL CONCHITA CRISTIANO DORA EMMA ENRIQUE EWA FILIZ
	GERAINT GIORGIO GWYNETH HANS INES IVY JACEK JAN JOANNA JOEY JUSTIN KARL KENDRA KIMBERLY LEA LIV LOTTE LUCIA LUPE MADS MAJA MARLENE
	MATHIEU MATTHEW MAXIM MIA MIGUEL MIZUKI NAJA NICOLE PENELOPE RAVEENA RICARDO RUBEN RUSSELL SALLI SEOYEON TAKUMI TATYANA VICKI
	VITORIA ZEINA ZHIYU`)

func (s *Server) voice(body []byte, fault *simulator.Fault) simulator.Answer {
	var c call
	var said string
	wrong := parse(body, &c)
	if wrong == (mistake{}) {
		said, wrong = c.check()
	}
	if wrong != (mistake{}) {
		s.Refuse("voice: " + wrong.reason)
		return problemJSON(wrong.code, text(c.DestinationPhoneNumber))
	}
	if code, ok := magicCodes[simulator.MagicOf(*c.DestinationPhoneNumber)]; ok {
		return problemJSON(strings.Replace(code, "FOR_TEXT", "FOR_VOICE", 1), *c.DestinationPhoneNumber)
	}
	if code, ok := refused(fault, "ThrottlingException"); ok {
		return problemJSON(code, *c.DestinationPhoneNumber+" "+said)
	}
	voice := text(c.VoiceID)
	if voice == "" {
		voice = "MATTHEW"
	}
	return s.take(&c.common, simulator.Message{Channel: "voice", Text: said, Language: voice, Parts: 1})
}

// check returns what a call says, or what is wrong with it.
func (c *call) check() (said string, wrong mistake) {
	if wrong = c.common.check(); wrong != (mistake{}) {
		return "", wrong
	}
	switch {
	case c.OriginationIdentity == nil:
		return "", mistake{"ValidationException MISSING_PARAMETER:OriginationIdentity", "there is nobody to call from"}
	case !numbers.MatchString(*c.OriginationIdentity) && !isResource(*c.OriginationIdentity):
		return "", mistake{"ConflictException NUMBER_CAPABILITIES_MISMATCH", "a name can't call"}
	case c.VoiceID != nil && !slices.Contains(voices, *c.VoiceID):
		return "", invalid("VoiceId", "there is no such voice")
	case c.MaxPricePerMinute != nil && !prices.MatchString(*c.MaxPricePerMinute):
		return "", invalid("MaxPricePerMinute", "MaxPricePerMinute is no price")
	}
	switch length := utf8.RuneCountInString(*c.MessageBody); text(c.MessageBodyTextType) {
	case "", "TEXT":
		if length > maxPlain {
			return "", mistake{"ValidationException MAXIMUM_SIZE_EXCEEDED:MessageBody", "the text is longer than 3,000 characters"}
		}
		return *c.MessageBody, mistake{}
	case "SSML":
		if length > maxSSML {
			return "", mistake{"ValidationException MAXIMUM_SIZE_EXCEEDED:MessageBody", "the markup is longer than 6,000 characters"}
		}
		return readSSML(*c.MessageBody)
	}
	return "", invalid("MessageBodyTextType", "the type of the text is neither TEXT nor SSML")
}

// readSSML returns what a document of SSML says. The only elements are speak and break.
func readSSML(document string) (said string, wrong mistake) {
	broken := invalid("MessageBody", "the markup is not well-formed SSML, or has more in it than speak and break")
	decoder := xml.NewDecoder(strings.NewReader(document))
	depth, ended := 0, false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", broken
		}
		switch t := token.(type) {
		case xml.StartElement:
			if want := []string{"speak", "break"}; depth >= len(want) || t.Name.Local != want[depth] || ended {
				return "", broken
			}
			depth++
		case xml.EndElement:
			depth--
			ended = depth == 0
		case xml.CharData:
			if depth != 1 && strings.TrimSpace(string(t)) != "" {
				return "", broken
			}
			said += string(t)
		}
	}
	if !ended || strings.TrimSpace(said) == "" {
		return "", invalid("MessageBody", "there is nothing to say")
	}
	return said, mistake{}
}
