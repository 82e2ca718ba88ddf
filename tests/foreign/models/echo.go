// A goroutine for each client, in Go.
//
// Idea      Each client is a function that reads as if it were alone, and the
//           language's runtime moves thousands of them about on a few threads,
//           with epoll beneath: what coroutine/ and threaded/ are, at once.
// Costs     a stack of 2 KiB at least and a buffer for each; a collector of
//           garbage; and the runtime cannot be left out.
// Take it   for most servers that are written today.
// See also  coroutine/server.c, threaded/server.c
//
// Usage: echo PORT [HOST]. It ends on SIGTERM.

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// One client, from its first byte to its end. The buffer is our own, because
// io.Copy would have the kernel move the bytes, which nobody else here does.
func echo(client net.Conn) {
	defer client.Close()
	chunk := make([]byte, 16*1024)
	io.CopyBuffer(struct{ io.Writer }{client}, struct{ io.Reader }{client}, chunk)
}

func main() {
	port, host := "0", "127.0.0.1"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	if len(os.Args) > 2 {
		host = os.Args[2]
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	for {
		client, err := listener.Accept()
		if err != nil { // no descriptors: leave accept alone for a while
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go echo(client)
	}
}
