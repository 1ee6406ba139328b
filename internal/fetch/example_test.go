package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
)

func ExampleGet() {
	server := httptest.NewServer(http.FileServer(http.Dir("../../testdata/lists")))
	defer server.Close()

	location, err := fetch.ParseLocation(server.URL + "/ctl-etoken.tlv")
	if err != nil {
		panic(err)
	}
	list, err := fetch.Get(context.Background(), location, fetch.Options{})
	fmt.Println(len(list), err)

	_, err = fetch.Get(context.Background(), location.Beside("CTLFile.tlv"), fetch.Options{})
	fmt.Println(fetch.ReasonOf(err) == fetch.NotFound)
	// Output:
	// 4712 <nil>
	// true
}
