/* A server on GnuTLS, one thread per connection: https_gnutls PORT CERTIFICATE KEY. Answers each
 * request with its own path. */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gnutls_certificate_credentials_t credentials;

static void serve(gnutls_session_t session)
{
    char buffer[16384], answer[4096], path[1024];
    size_t used = 0;
    ssize_t n;
    while ((n = gnutls_record_recv(session, buffer + used, sizeof buffer - used)) > 0) {
        used += (size_t)n;
        if (!memmem(buffer, used, "\r\n\r\n", 4) || sscanf(buffer, "%*s %1023s", path) != 1)
            continue;
        int len = snprintf(answer, sizeof answer, "HTTP/1.1 %s OK\r\nContent-Length: %zu\r\n\r\n%s",
            strcmp(path, "/missing") == 0 ? "404" : "200", strlen(path), path);
        used = 0;
        if (gnutls_record_send(session, answer, (size_t)len) != len)
            break;
    }
}

static void *connection(void *argument)
{
    int fd = (int)(long)argument, result;
    gnutls_session_t session;
    gnutls_init(&session, GNUTLS_SERVER);
    gnutls_set_default_priority(session);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, fd);
    do
        result = gnutls_handshake(session);
    while (result < 0 && !gnutls_error_is_fatal(result));
    if (result == 0)
        serve(session);
    gnutls_bye(session, GNUTLS_SHUT_WR);
    close(fd);
    gnutls_deinit(session);
    return NULL;
}

int main(int argc, char **argv)
{
    gnutls_certificate_allocate_credentials(&credentials);
    if (argc < 4 || gnutls_certificate_set_x509_key_file(
                        credentials, argv[2], argv[3], GNUTLS_X509_FMT_PEM) < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)atoi(argv[1]))};
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 64))
        return 1;
    for (;;) {
        long fd = accept(listener, NULL, NULL);
        pthread_t thread;
        if (fd >= 0 && pthread_create(&thread, NULL, connection, (void *)fd) == 0)
            pthread_detach(thread);
    }
}
