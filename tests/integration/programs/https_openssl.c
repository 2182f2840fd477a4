/* A server on OpenSSL, one process per connection: https_openssl PORT CERTIFICATE KEY
 * [proxy|peek|bio]. Answers each request with its own path. `proxy`: a line in the clear comes
 * first. `peek`: looks at bytes before it takes them. `bio`: the session works in memory, the
 * program moves the bytes. */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *mode;
static BIO *from_peer, *to_peer;
static int peer;

/* Between session and socket, where there is memory in between. */
static int move_bytes(SSL *ssl, int result)
{
    char bytes[4096];
    int n;
    while ((n = BIO_read(to_peer, bytes, sizeof bytes)) > 0)
        if (send(peer, bytes, (size_t)n, 0) != n)
            return 0;
    if (result > 0 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ)
        return 0;
    if ((n = (int)recv(peer, bytes, sizeof bytes, 0)) <= 0)
        return 0;
    return BIO_write(from_peer, bytes, n) == n;
}

static int call(SSL *ssl, int (*function)(SSL *))
{
    int result;
    do
        result = function(ssl);
    while (to_peer && move_bytes(ssl, result));
    return result;
}

static char buffer[65536];
static size_t used;

static int read_some(SSL *ssl)
{
    size_t n = 0;
    if (strcmp(mode, "peek") == 0 && SSL_peek(ssl, buffer, 1) <= 0)
        return 0;
    if (strcmp(mode, "proxy") == 0)
        return SSL_read_ex(ssl, buffer + used, sizeof buffer - used, &n) ? (int)n : 0;
    return SSL_read(ssl, buffer + used, (int)(sizeof buffer - used));
}

static char answer[70000];

static int write_answer(SSL *ssl)
{
    size_t n = 0;
    if (strcmp(mode, "proxy") == 0)
        return SSL_write_ex(ssl, answer, strlen(answer), &n);
    return SSL_write(ssl, answer, (int)strlen(answer));
}

static void serve(SSL *ssl)
{
    int n;
    while ((n = call(ssl, read_some)) > 0) {
        used += (size_t)n;
        char *end = memmem(buffer, used, "\r\n\r\n", 4), path[1024] = "";
        if (!end)
            continue;
        sscanf(buffer, "%*s %1023s", path);
        size_t pad = strcmp(path, "/large") == 0 ? 60000 : 0;
        int len = sprintf(answer, "HTTP/1.1 %s OK\r\nContent-Length: %zu\r\n\r\n%s",
            strcmp(path, "/missing") == 0 ? "404" : "200", strlen(path) + pad, path);
        memset(answer + len, 'x', pad);
        answer[(size_t)len + pad] = '\0';
        if (call(ssl, write_answer) <= 0)
            break;
        used = 0;
    }
    SSL_shutdown(ssl);
}

static void connection(SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    char c = 0;
    peer = fd;
    while (strcmp(mode, "proxy") == 0 && c != '\n' && recv(fd, &c, 1, 0) == 1)
        ;
    if (strcmp(mode, "bio") == 0) {
        from_peer = BIO_new(BIO_s_mem());
        to_peer = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl, from_peer, to_peer);
        SSL_set_accept_state(ssl);
        if (call(ssl, SSL_do_handshake) == 1)
            serve(ssl);
    } else {
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1)
            serve(ssl);
    }
    SSL_free(ssl);
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    mode = argc > 4 ? argv[4] : "";
    if (argc < 4 || SSL_CTX_use_certificate_chain_file(context, argv[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1)
        return 1;
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)atoi(argv[1]))};
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 64))
        return 1;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            close(listener);
            connection(context, fd);
            close(fd);
            _exit(0);
        }
        close(fd);
    }
}
