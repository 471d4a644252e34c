package aws

import "github.com/phonehook/phonehook/worker/provider"

// class is what a code means: for the next attempt, and in words.
type class struct {
	kind   provider.Kind
	reason string
	// general says that the code is of any parameter, and the vendor's list of fields tells which.
	general bool
}

// codes is what the vendor's exceptions mean, with their reasons where they have such:
// docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html and
// API_SendVoiceMessage.html there, CommonErrors.html there for those of every API, and
// docs.aws.amazon.com/sns/latest/api/API_Publish.html. The reasons are of the SDK's model; those of
// operations other than sending are left out, and what each means when it comes from sending is in
// few cases said on a page.
var codes = map[string]class{
	// The recipient and the message.
	"ConflictException DESTINATION_PHONE_NUMBER_OPTED_OUT":                          {kind: provider.Refused, reason: "the recipient wants no messages from this account"},
	"ConflictException DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE": {kind: provider.Refused, reason: "the account bars the recipient's number"},
	"ValidationException MAXIMUM_SIZE_EXCEEDED":                                     {kind: provider.Refused, reason: "the text is too long"},
	"OptedOut": {kind: provider.Refused, reason: "the recipient wants no messages from this account"}, // of SNS

	// The sender, the country and the price.
	"ConflictException NO_ORIGINATION_IDENTITIES_FOUND":                      {kind: provider.Unroutable, reason: "the account has no sender for the recipient's country"},
	"ConflictException NUMBER_CAPABILITIES_MISMATCH":                         {kind: provider.Unroutable, reason: "the sender does not have this channel"},
	"ConflictException RESOURCE_NOT_ACTIVE":                                  {kind: provider.Unroutable, reason: "the sender is not active"},
	"ConflictException REGISTRATION_NOT_COMPLETE":                            {kind: provider.Unroutable, reason: "the sender's registration is not complete"},
	"ConflictException DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION": {kind: provider.Unroutable, reason: "the account bars the recipient's country"},
	"ResourceNotFoundException phone-number":                                 {kind: provider.Unroutable, reason: "the sender is not the account's"},
	"ResourceNotFoundException sender-id":                                    {kind: provider.Unroutable, reason: "the sender is not the account's"},
	"ResourceNotFoundException pool":                                         {kind: provider.Unroutable, reason: "the pool is not the account's"},
	"ServiceQuotaExceededException DAILY_DESTINATION_CALL_LIMIT":             {kind: provider.Unroutable, reason: "the vendor calls this number no more today"},
	"ValidationException COUNTRY_CODE_MISMATCH":                              {kind: provider.Unroutable, reason: "the sender is not for the recipient's country"},
	"ValidationException COUNTRY_NOT_ENABLED":                                {kind: provider.Unroutable, reason: "the recipient's country is not enabled"},
	"ValidationException DESTINATION_COUNTRY_BLOCKED":                        {kind: provider.Unroutable, reason: "the vendor bars the recipient's country"},
	"ValidationException INTERNATIONAL_SENDING_NOT_SUPPORTED":                {kind: provider.Unroutable, reason: "the sender does not send to other countries"},
	"ValidationException INVALID_IDENTITY_FOR_DESTINATION_COUNTRY":           {kind: provider.Unroutable, reason: "the sender is not for the recipient's country"},
	"ValidationException PRICE_OVER_THRESHOLD":                               {kind: provider.Unroutable, reason: "it costs more than max_price"},
	"ValidationException RESOURCE_NOT_ACCESSIBLE":                            {kind: provider.Unroutable, reason: "the account may not use this sender"},
	"ValidationException SENDER_ID_NOT_REGISTERED":                           {kind: provider.Unroutable, reason: "the sender id is not registered"},
	"ValidationException SENDER_ID_NOT_SUPPORTED":                            {kind: provider.Unroutable, reason: "the recipient's country takes no sender ids"},
	"ValidationException SENDER_ID_REQUIRES_REGISTRATION":                    {kind: provider.Unroutable, reason: "the recipient's country takes only registered sender ids"},
	"ValidationException VOICE_CAPABILITY_NOT_AVAILABLE":                     {kind: provider.Unroutable, reason: "there are no calls from this sender or to this country"},

	// Too much.
	"ThrottlingException":  {kind: provider.Throttled, reason: "the vendor asks for fewer messages"},
	"Throttled":            {kind: provider.Throttled, reason: "the vendor asks for fewer messages"}, // of SNS
	"Throttling":           {kind: provider.Throttled, reason: "the vendor asks for fewer messages"}, // likewise
	"RequestLimitExceeded": {kind: provider.Throttled, reason: "the vendor asks for fewer messages"},

	// The vendor's own state. After the first three nobody knows whether it took the message.
	"InternalServerException": {kind: provider.Unknown, reason: "the vendor failed with the message in hand"},
	"InternalFailure":         {kind: provider.Unknown, reason: "the vendor failed with the message in hand"},
	"InternalError":           {kind: provider.Unknown, reason: "the vendor failed with the message in hand"}, // of SNS
	"ServiceUnavailable":      {kind: provider.Unavailable, reason: "the vendor can't take it now"},

	// The account and our request.
	"ConflictException": {kind: provider.Misconfigured, reason: "the account's settings do not go together"},
	"ConflictException DESTINATION_PHONE_NUMBER_NOT_VERIFIED": {
		kind: provider.Misconfigured, reason: "the account is in the sandbox, and the recipient is not among its verified numbers",
	},
	"ConflictException MESSAGE_TYPE_MISMATCH": {kind: provider.Misconfigured, reason: "the sender is not for transactional messages"},
	"ConflictException PROTECT_CONFIGURATION_NOT_ASSOCIATED_WITH_CONFIGURATION_SET": {
		kind: provider.Misconfigured, reason: "the protect configuration is not the configuration set's",
	},
	"AccessDeniedException":                                              {kind: provider.Misconfigured, reason: "the user of the credentials may not do this"},
	"AccessDeniedException INSUFFICIENT_ACCOUNT_REPUTATION":              {kind: provider.Misconfigured, reason: "the account's reputation does not suffice"},
	"AccessDeniedException ACCOUNT_DISABLED":                             {kind: provider.Misconfigured, reason: "the account may not send any more"},
	"ResourceNotFoundException":                                          {kind: provider.Misconfigured, reason: "the account has no such configuration set or protect configuration"},
	"ServiceQuotaExceededException":                                      {kind: provider.Misconfigured, reason: "a quota of the account is used up"},
	"ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT": {kind: provider.Misconfigured, reason: "the account's monthly spending limit for SMS is reached"},
	"ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE": {
		kind: provider.Misconfigured, reason: "the account's monthly spending limit for calls is reached",
	},
	"ValidationException":                     {kind: provider.Misconfigured, reason: "a parameter of the request is not valid", general: true},
	"ValidationException CHANNEL_NOT_ENABLED": {kind: provider.Misconfigured, reason: "the account does not have this channel"},
	// Of SNS.
	"AuthorizationError":    {kind: provider.Misconfigured, reason: "the user of the credentials may not do this"},
	"InvalidParameter":      {kind: provider.Misconfigured, reason: "a parameter of the request is not valid", general: true},
	"InvalidParameterValue": {kind: provider.Misconfigured, reason: "a parameter of the request is not valid", general: true},
	"ParameterValueInvalid": {kind: provider.Misconfigured, reason: "a parameter of the request is not valid", general: true},
	"InvalidSecurity":       {kind: provider.Misconfigured, reason: "the vendor does not accept the signature"},
	"UserError":             {kind: provider.Misconfigured, reason: "the vendor can't make sense of the request"},
	// Of every API. What they are called depends on the protocol.
	"AccessDenied":                        {kind: provider.Misconfigured, reason: "the user of the credentials may not do this"},
	"ExpiredToken":                        {kind: provider.Misconfigured, reason: "session_token has expired"},
	"ExpiredTokenException":               {kind: provider.Misconfigured, reason: "session_token has expired"},
	"IncompleteSignature":                 {kind: provider.Misconfigured, reason: "the vendor does not accept the signature"},
	"IncompleteSignatureException":        {kind: provider.Misconfigured, reason: "the vendor does not accept the signature"},
	"InvalidAction":                       {kind: provider.Misconfigured, reason: "there is no such API at this address; check mode and base_url"},
	"InvalidClientTokenId":                {kind: provider.Misconfigured, reason: "the vendor does not know access_key_id"},
	"InvalidSignatureException":           {kind: provider.Misconfigured, reason: "the vendor does not accept the signature; check secret_access_key, region and the clock"},
	"MissingAuthenticationToken":          {kind: provider.Misconfigured, reason: "the vendor does not accept the signature"},
	"MissingAuthenticationTokenException": {kind: provider.Misconfigured, reason: "the vendor does not accept the signature"},
	"NotAuthorized":                       {kind: provider.Misconfigured, reason: "the user of the credentials may not do this"},
	"OptInRequired":                       {kind: provider.Misconfigured, reason: "the account has not signed up for this"},
	"RequestExpired":                      {kind: provider.Misconfigured, reason: "the signature has expired; check the clock"},
	"SignatureDoesNotMatch":               {kind: provider.Misconfigured, reason: "the vendor does not accept the signature; check secret_access_key, region and the clock"},
	"UnknownOperationException":           {kind: provider.Misconfigured, reason: "there is no such API at this address; check mode and base_url"},
	"UnrecognizedClientException":         {kind: provider.Misconfigured, reason: "the vendor does not know access_key_id or session_token"},
	"ValidationError":                     {kind: provider.Misconfigured, reason: "the vendor can't make sense of the request"},
}
