// Package report writes what was found out about trust lists: the listing of
// `show ctl`, tables for people, JSON documents for programs.
package report
