package signed_test

import (
	"fmt"
	"os"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A configuration is read only if the phone's list vouches for it.
func ExampleOpen() {
	data, err := os.ReadFile("../testdata/signed/sha512/SEP001122334455.cnf.xml.sgn")
	if err != nil {
		fmt.Println(err)
		return
	}
	itl, err := os.ReadFile("../testdata/signed/ITLFile.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := tlv.ParseSigned(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := trust.Read(itl)
	if err != nil {
		fmt.Println(err)
		return
	}
	content, v, err := signed.Open(f, nil, l)
	fmt.Println(len(content) > 0, v != nil, err)
	_, _, err = signed.Open(f, nil)
	fmt.Println(err != nil)
	// Output:
	// true true <nil>
	// true
}
