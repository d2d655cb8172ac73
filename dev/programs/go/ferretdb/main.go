// Command ferretdb is a server with MongoDB's protocol, for tests: FerretDB, whose published command needs files that its
// module lacks. It keeps everything in a temporary directory, serves on loopback, prints its address, and ends when
// standard input does: then the tests have ended.
//
// FerretDB 1 updates a document in steps: it reads it, compares it with the filter, and writes it back. Of two updates at
// once whose filter allows one, both take effect. MongoDB does not do that, so commands run here one after the other.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"sync"

	"github.com/FerretDB/FerretDB/ferretdb"
)

const loopback = "127.0.0.1:0"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	// In memory, it would have one connection, for which an update waits whose search still has it.
	directory, err := os.MkdirTemp("", "ferretdb-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer os.RemoveAll(directory)
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: loopback},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + directory + "/?_pragma=synchronous(off)",
	})
	if err != nil {
		return fmt.Errorf("create the server: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	failed := make(chan error, 1)
	go func() {
		failed <- front(server)
		stop()
	}()
	if err := server.Run(ctx); err != nil {
		return fmt.Errorf("run the server: %w", err)
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// front passes the commands of all connections on, one at a time.
func front(server *ferretdb.FerretDB) error {
	// It answers once the server listens.
	behind, err := url.Parse(server.MongoDBURI())
	if err != nil {
		return fmt.Errorf("read the server's address: %w", err)
	}
	listener, err := net.Listen("tcp", loopback)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fmt.Printf("mongodb://%s\n", listener.Addr())
	var turn sync.Mutex
	for {
		client, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accept a connection: %w", err)
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", behind.Host)
			if err != nil {
				fmt.Fprintln(os.Stderr, "connect to the server:", err)
				return
			}
			defer server.Close()
			for exchange(client, server, &turn) == nil {
			}
		}()
	}
}

// exchange passes one command on, and its answer back. Clients that want no answer are not provided for.
func exchange(client, server net.Conn, turn *sync.Mutex) error {
	command, err := message(client)
	if err != nil {
		return err
	}
	answer, err := func() ([]byte, error) {
		turn.Lock()
		defer turn.Unlock()
		if _, err := server.Write(command); err != nil {
			return nil, err
		}
		return message(server)
	}()
	if err != nil {
		return err
	}
	_, err = client.Write(answer)
	return err
}

// message reads a message of the protocol, which begins with its length.
func message(from io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(length[:])
	if size < uint32(len(length)) || size > 48<<20 {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	whole := make([]byte, size)
	copy(whole, length[:])
	_, err := io.ReadFull(from, whole[len(length):])
	return whole, err
}
