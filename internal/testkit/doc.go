// Package testkit is for tests only. It reads the cases of the folder testkit; its
// tests run every one of them, as testkit/README.md tells other implementations to,
// and see that the generator writes the cases that are there.
package testkit
