package aws

import (
	"slices"
	"strings"
)

// The regions that have End User Messaging, and those of them that have calls, from "Regional
// availability" at docs.aws.amazon.com/sms-voice/latest/userguide/what-is-sms-mms.html. Mexico is
// from the endpoints of the SDK; that it has no calls is not confirmed at the vendor. SNS sends SMS
// from these regions too (docs.aws.amazon.com/sns/latest/dg/sns-supported-regions-countries.html).
var (
	callingRegions = strings.Fields(`af-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2
		ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 me-south-1 sa-east-1 us-east-1 us-east-2 us-gov-west-1
		us-west-1 us-west-2`)
	textingRegions = strings.Fields(`ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-6 ca-west-1 eu-central-2 eu-south-1
		eu-south-2 il-central-1 me-central-1 mx-central-1 us-gov-east-1`)
)

// calls says whether a region has calls, and knows whether the vendor has it at all.
func calls(region string) bool { return slices.Contains(callingRegions, region) }

func knows(region string) bool { return calls(region) || slices.Contains(textingRegions, region) }
