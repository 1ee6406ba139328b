package draft

import (
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/trust"
)

// Flags that permit what is refused. Each is named for what it permits.
const (
	AllowUnknownSigner  = "allow-unknown-signer"
	AllowUnlistedSigner = "allow-unlisted-signer"
	AllowUnverifiedOld  = "allow-unverified-old"
	AllowUnproven       = "allow-unproven"
)

var flags = map[trust.Permission]string{
	trust.PermitUnknownSigner:       AllowUnknownSigner,
	trust.PermitUnlistedSigner:      AllowUnlistedSigner,
	trust.PermitUnverifiedInstalled: AllowUnverifiedOld,
	trust.PermitUnproven:            AllowUnproven,
}

// Flag returns the flag that permits what is refused, "" if there is none.
func Flag(p trust.Permission) string { return flags[p] }

// Explain says what phones would do with a list that is refused, and what to do
// instead. Old reports whether the list follows one that phones hold.
func Explain(r *trust.Refusal, old bool) string {
	var unknown *trust.UnknownSignerError
	var unverified *trust.UnverifiedInstalledError
	var unlisted *trust.NoSignerError
	var unproven *trust.UnprovenError
	switch {
	case errors.As(r.Err, &unverified):
		return fmt.Sprintf("the old list is not verified (%v), so phones hardly hold it, and it is not known what they do with its successor. Fetch the list from the TFTP server again", unverified.Err)
	case errors.As(r.Err, &unknown) && unknown.Renamed != nil:
		return fmt.Sprintf("the old list holds the signer's key, but not as serial %s, issued by %s. Phones look for both: they would refuse the new list "+
			"(Trust List Update Failed) and keep the old one. Keep the signer's old record and add the new certificate beside it; remove the old one next time", unknown.Signer.SerialNumber, unknown.Signer.CAName)
	case errors.As(r.Err, &unknown):
		return "the signer is not a SAST of the old list. Phones that hold the old list would refuse the new one (Trust List Update Failed) " +
			"and keep the old one, unless a TVS server vouches for the signer. Sign with one of the old list's SASTs; to bring in a new signer, add it now and sign with it next time"
	case errors.As(r.Err, &unproven):
		return unproven.Error() + ". Correct that, or try the list on one phone of each model"
	case errors.As(r.Err, &unlisted):
		return "the list does not hold its signer as a SAST. Phones are not known to accept such a list, and none could follow it. " + listSigner(old)
	}
	return fmt.Sprintf("phones that hold the old list would refuse the new one: %v. They keep the old list; sign with one of its SASTs, under the name and serial number it has there", r.Err)
}

// listSigner is what to do about a signer that is not in the list.
func listSigner(old bool) string {
	if old {
		return "Keep its record if you are removing it; otherwise add its certificate: --add-token or --add SAST=CERT.pem"
	}
	return "Add its certificate: --token-record or --record SAST=CERT.pem, or a record in list.json"
}
