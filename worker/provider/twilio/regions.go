package twilio

// defaultRegion processes what does not ask for another.
const defaultRegion = "us1"

// homeEdges are the regions, with the edge by which each is addressed
// (twilio.com/docs/global-infrastructure/using-the-twilio-rest-api-in-a-non-us-region). An address
// with a region and no edge has been switched off since 28 April 2026.
var homeEdges = map[string]string{defaultRegion: "", "ie1": "dublin", "au1": "sydney"}

// edges are the places at which the vendor's network can be entered
// (twilio.com/docs/global-infrastructure/edge-locations), those of private lines last. That the API
// has an address for each of them in each region is not confirmed at the vendor, whose newer pages
// have the nearest one chosen by DNS.
var edges = []string{
	"ashburn", "umatilla", "dublin", "frankfurt", "singapore", "sydney", "tokyo", "sao-paulo", "roaming",
	"ashburn-ix", "san-jose-ix", "london-ix", "frankfurt-ix", "singapore-ix", "sydney-ix", "tokyo-ix",
}

// address returns the address of the API for a region and an edge.
func address(region, edge string) string {
	region = orElse(region, defaultRegion)
	edge = orElse(edge, homeEdges[region])
	if edge == "" {
		return "https://api." + vendorDomain
	}
	return "https://api." + edge + "." + region + "." + vendorDomain
}
