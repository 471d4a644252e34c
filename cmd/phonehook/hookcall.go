package main

import "encoding/json"

// hookCall is the body of a call to the hook send-phone-message.
type hookCall struct {
	Recipient string      `json:"recipient"`
	Text      string      `json:"text"`
	From      string      `json:"from,omitempty"`
	Context   hookContext `json:"context"`
}

type hookContext struct {
	MessageType string     `json:"message_type"`
	Action      string     `json:"action"`
	Language    string     `json:"language"`
	Code        string     `json:"code"`
	IP          string     `json:"ip"`
	UserAgent   string     `json:"user_agent"`
	Client      hookClient `json:"client"`
	User        hookUser   `json:"user"`
}

type hookClient struct {
	ID       string   `json:"client_id"`
	Name     string   `json:"name"`
	Metadata struct{} `json:"client_metadata"`
}

type hookUser struct {
	ID           string   `json:"user_id"`
	Name         string   `json:"name"`
	Email        string   `json:"email"`
	AppMetadata  struct{} `json:"app_metadata"`
	UserMetadata struct{} `json:"user_metadata"`
}

// exampleCall is the example of the extensibility point's documentation.
func exampleCall() hookCall {
	return hookCall{
		Recipient: "1-808-555-5555",
		Text:      "Here is your one time password: 999111",
		Context: hookContext{
			MessageType: "sms",
			Action:      "enrollment",
			Language:    "en",
			Code:        "123456",
			IP:          "127.0.0.1",
			UserAgent:   "Mozilla/5.0",
			Client:      hookClient{ID: "1235", Name: "Test Application"},
			User:        hookUser{ID: "auth0|test12345", Name: "Billie Magnusson", Email: "billie@example.com"},
		},
	}
}

// exampleJSON is exampleCall on one line. Nothing in it needs quoting in a shell
// but what single quotes quote.
func exampleJSON() string {
	data, err := json.Marshal(exampleCall())
	if err != nil {
		panic(err) // it is a constant, and a test encodes it
	}
	return string(data)
}
