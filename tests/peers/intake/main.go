// An intake that decides as APM Server does, for it is made of the same decoder: what it takes is
// written as the documents that would be stored, what it refuses with the reason, a line each.
package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/elastic/apm-data/input/elasticapm"
	"github.com/elastic/apm-data/model/modeljson"
	"github.com/elastic/apm-data/model/modelpb"
	"github.com/elastic/apm-data/model/modelprocessor"
	"go.elastic.co/fastjson"
)

const (
	maxEventSize = 307200 // the server's default for max_event_size
	batchSize    = 10
	version      = "9.2.0"
)

// A file of lines, written by several requests at once.
type lines struct {
	mutex sync.Mutex
	file  *os.File
}

func newLines(path string) *lines {
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	return &lines{file: file}
}

func (l *lines) add(line []byte) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, err := l.file.Write(append(line, '\n'))
	return err
}

// The last of the server's processors: instead of being stored, events are written.
func (l *lines) ProcessBatch(_ context.Context, batch *modelpb.Batch) error {
	for _, event := range *batch {
		var document fastjson.Writer
		if err := modeljson.MarshalAPMEvent(event, &document); err != nil {
			return err
		}
		if err := l.add(document.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// Lets requests through one at a time, as if the server's limit were one.
type semaphore chan struct{}

func (s semaphore) Acquire(context.Context, int64) error { s <- struct{}{}; return nil }
func (s semaphore) Release(int64)                        { <-s }
func (s semaphore) TryAcquire(int64) bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

type intake struct {
	decoder   *elasticapm.Processor
	processor modelpb.BatchProcessor
	refused   *lines
}

func newIntake(documents, refused *lines) *intake {
	return &intake{
		decoder: elasticapm.NewProcessor(elasticapm.Config{
			Semaphore: make(semaphore, 1), MaxEventSize: maxEventSize,
		}),
		processor: modelprocessor.Chained{
			modelprocessor.SetHostHostname{},
			modelprocessor.SetServiceNodeName{},
			modelprocessor.SetGroupingKey{},
			modelprocessor.SetErrorMessage{},
			documents,
		},
		refused: refused,
	}
}

func (i *intake) refuse(err error) {
	line := map[string]string{"reason": err.Error()}
	var invalid *elasticapm.InvalidInputError
	if errors.As(err, &invalid) {
		line["event"] = invalid.Document
	}
	text, err := json.Marshal(line)
	if err == nil {
		err = i.refused.add(text)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func uncompressed(request *http.Request) (io.Reader, error) {
	switch encoding := request.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return request.Body, nil
	case "gzip":
		return gzip.NewReader(request.Body)
	case "deflate":
		return zlib.NewReader(request.Body)
	default:
		return nil, fmt.Errorf("unsupported Content-Encoding %q", encoding)
	}
}

// How many events were taken, and why others were not.
func (i *intake) take(request *http.Request) (int, []error) {
	var result elasticapm.Result
	if kind := request.Header.Get("Content-Type"); !strings.Contains(kind, "application/x-ndjson") {
		return 0, []error{fmt.Errorf("invalid content type: %q", kind)}
	}
	body, err := uncompressed(request)
	if err != nil {
		return 0, []error{err}
	}
	base := &modelpb.APMEvent{}
	err = i.decoder.HandleStream(request.Context(), base, body, batchSize, i.processor, &result)
	if err != nil {
		result.Errors = append(result.Errors, err)
	}
	for more := result.Invalid + result.TooLarge - len(result.Errors); more > 0; more-- {
		result.Errors = append(result.Errors, errors.New("one of many"))
	}
	return result.Accepted, result.Errors
}

func (i *intake) events(response http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		http.Error(response, "only POST requests are supported", http.StatusBadRequest)
		return
	}
	accepted, failures := i.take(request)
	reasons := make([]map[string]string, 0, len(failures))
	for _, failure := range failures {
		i.refuse(failure)
		reasons = append(reasons, map[string]string{"message": failure.Error()})
	}
	if len(failures) == 0 {
		response.WriteHeader(http.StatusAccepted)
		return
	}
	answer(response, http.StatusBadRequest, map[string]any{"accepted": accepted, "errors": reasons})
}

func answer(response http.ResponseWriter, status int, content any) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(content); err != nil {
		log.Fatal(err)
	}
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(status)
	_, _ = response.Write(body.Bytes()) // whoever asked may be gone
}

func about(response http.ResponseWriter, request *http.Request) {
	if request.URL.Path != "/" {
		answer(response, http.StatusNotFound, map[string]string{"error": "404 page not found"})
		return
	}
	answer(response, http.StatusOK, map[string]any{"version": version, "publish_ready": true})
}

func configuration(response http.ResponseWriter, _ *http.Request) {
	response.Header().Set("Cache-Control", "max-age=300, must-revalidate")
	response.Header().Set("Etag", `"-"`)
	answer(response, http.StatusOK, map[string]any{})
}

func main() {
	documents := flag.String("documents", "documents.ndjson", "file for what would be stored")
	refused := flag.String("refused", "refused.ndjson", "file for what was refused")
	flag.Parse()
	intake := newIntake(newLines(*documents), newLines(*refused))
	http.HandleFunc("/", about)
	http.HandleFunc("/config/v1/agents", configuration)
	http.HandleFunc("/intake/v2/events", intake.events)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
