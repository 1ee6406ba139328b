// Package softhsm makes SoftHSM tokens for tests, and a proxy module that
// counts wrong PINs as hardware does. It must be imported by tests only.
//
// SoftHSM keeps its state for the whole process: tests that use this package do
// not run in parallel, and close the module they opened before they end.
//
// On a machine without SoftHSM the tests are skipped, or fail: see testneed.
package softhsm
