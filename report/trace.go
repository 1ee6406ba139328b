package report

// A TracePhone is what traces of servers say about a phone.
type TracePhone struct {
	Head
	Name    string    `json:"name"`
	Address string    `json:"address"`
	CTL     TraceList `json:"ctl"`
	ITL     TraceList `json:"itl"`
	CAPF    TraceCAPF `json:"capf"`
}

// A TraceList is what became of a list that a phone asked for. The place is that of the
// last answer.
type TraceList struct {
	State    string `json:"state"`
	Asked    int    `json:"asked"`
	Sent     int    `json:"sent"`
	Refused  int    `json:"refused"`
	Later    bool   `json:"refusedLater"`
	Name     string `json:"name"`
	Sends    string `json:"sentFile"`
	Protocol string `json:"protocol"`
	Code     int    `json:"code"`
	Clock    string `json:"clock"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// A TraceCAPF is the messages of a phone and CAPF: how many, and the last.
type TraceCAPF struct {
	Messages int    `json:"messages"`
	Last     string `json:"last"`
	Clock    string `json:"clock"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// A TraceSummary is the last document: of all phones.
type TraceSummary struct {
	Head
	Phones       int  `json:"phones"`
	Requests     int  `json:"requests"`
	Others       int  `json:"otherRequests"`
	Unattributed int  `json:"unattributed"`
	AllSent      bool `json:"allSent"`
}
