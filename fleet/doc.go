// Package fleet answers for all phones of a cluster at once: which of them holds
// which trust list, and which would refuse the next one.
//
// What is known of a phone is a [Statement]: what its web page, an alarm, a CSV
// export or a copy of its list says about its CTL or its ITL. Statements come in
// any number and order; of two about the same list of the same phone the newer
// counts, by time where both have one, else the one that was read later.
//
//	f := fleet.New(lists)     // what servers have, older lists, what comes next
//	fleet.Read(f, name, r)    // statements out of a file
//	r := f.Report()           // groups, verdicts, contradictions
//
// A hash tells which file a phone holds; it does not prove who made it. What a
// phone does with the next list is decided by trust.Accept for each combination of
// lists that phones hold, once. Of a phone whose list is not at hand it is not
// known, and counts as no.
package fleet
