// An echo server on Go's net package, to be measured beside the five.
//
//	go build -o build/echo_go tests/foreign/echo.go
//	make compare SERVER="go=build/echo_go {port}"
//
// Usage: echo_go PORT [HOST]. It ends on SIGTERM.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

func echo(client net.Conn) {
	defer client.Close()
	_, _ = io.Copy(client, client)
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
	fmt.Println("listening on", listener.Addr())
	for {
		client, err := listener.Accept()
		if err != nil {
			// No descriptors, say: once some have left there are.
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go echo(client)
	}
}
