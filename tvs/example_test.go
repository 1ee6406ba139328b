package tvs_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// A server vouches for what is in a list; a client asks it about the signer of that
// list, and holds the server's certificate against the phone's ITL.
func Example() {
	offered, phones := read("itl-by-recovery.tlv"), read("itl-sha512-ec.tlv")
	certificate, err := tls.LoadX509KeyPair("../testdata/certs/tvs.pem", "../testdata/keys/tvs.pem")
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	holdings := tvs.NewHoldings(offered.Records...)
	server := tvs.Server{Certificate: certificate, Answer: holdings.Answer}
	go server.Serve(ctx, listener)
	fmt.Println("the server vouches for", holdings.Len(), "records")

	question, err := tvs.AboutSigner(offered)
	check(err)
	client := tvs.Client{Device: "CP-8861-SEP001122334455"}
	e, err := client.Ask(ctx, listener.Addr().String(), question)
	check(err)
	check(e.Err)
	fmt.Println(question.Subject)
	fmt.Println(e.Answer.Status, e.Answer.Roles, e.Answer.TTL)
	fmt.Println("may sign lists:", trust.Serves(tlv.RoleSAST, e.Answer.Roles))
	fmt.Println("listed:", trust.Phone{Installed: []*trust.List{phones}}.TVSServer(e.Server))
	// Output:
	// the server vouches for 3 records
	// CN=ITLRECOVERY_pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US
	// valid [SAST] 24h0m0s
	// may sign lists: true
	// listed: record 6 of the installed ITL
}

// Which stores of CUCM help phones with a new list.
func ExampleStores() {
	for _, s := range tvs.Stores() {
		if trust.Serves(tlv.RoleSAST, s.Roles) {
			fmt.Println(s.Name, s.Roles)
		}
	}
	s, err := tvs.FindStore("CallManager-trust")
	fmt.Println(s.Name, s.Roles, err)
	// Output:
	// CallManager [CCM+TFTP SAST]
	// Phone-SAST-trust [SAST TFTP]
	// CallManager-trust [] <nil>
}

// A message, byte for byte.
func ExampleParse() {
	m, err := tvs.Parse([]byte("\x57\x01\x04\xf7\x00\x00\x03\xe9\x00\x04\x07\x00\x01\x01"))
	check(err)
	status, _ := m.Find(tvs.TagStatus)
	fmt.Println(m.Command, m.Session, tvs.Status(status[0]))
	// Output: answer to QUERY 1001 invalid
}

func read(name string) *trust.List {
	data, err := os.ReadFile("../testdata/lists/" + name)
	check(err)
	l, err := trust.Read(data)
	check(err)
	return l
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
