package localserver

// TB is what StartTest needs of a *testing.T; this package does not import testing.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// StartTest is Start for a test: it fails the test on an error and closes the server at its end.
func StartTest(t TB, options Options) *Server {
	t.Helper()
	s, err := Start(options)
	if err != nil {
		t.Fatalf("starting the local server: %v", err)
		return nil
	}
	t.Cleanup(s.Close)
	return s
}
