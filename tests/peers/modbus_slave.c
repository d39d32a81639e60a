/* A Modbus slave by libmodbus, with eight coils and eight discrete inputs. All coils are on when it begins.
 *
 *   modbus_slave tcp            says "listening PORT"; takes several masters at a time
 *   modbus_slave rtu DEVICE     says "listening DEVICE"; address 1
 *
 * It says "coil N on" and "coil N off" when one changes, and takes "input N 0" and "input N 1" from standard input.
 */
#include <modbus.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POINTS = 8 };

static modbus_mapping_t *points;
static uint8_t told[POINTS];

static void tell_changes(void)
{
    for (int n = 0; n < POINTS; n++) {
        if (told[n] != points->tab_bits[n]) {
            told[n] = points->tab_bits[n];
            printf("coil %d %s\n", n, told[n] ? "on" : "off");
        }
    }
}

/* 0: standard input has ended. */
static int take_input(void)
{
    char line[64];
    int number, value;
    ssize_t len = read(STDIN_FILENO, line, sizeof line - 1);
    if (len <= 0)
        return 0;
    line[len] = 0;
    for (char *one = strtok(line, "\n"); one; one = strtok(NULL, "\n"))
        if (sscanf(one, "input %d %d", &number, &value) == 2 && number >= 0 && number < POINTS)
            points->tab_input_bits[number] = value != 0;
    return 1;
}

int main(int count, char **words)
{
    int is_tcp = count == 2 && !strcmp(words[1], "tcp");
    if (!is_tcp && (count != 3 || strcmp(words[1], "rtu")))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    points = modbus_mapping_new(POINTS, POINTS, 0, 0);
    memset(points->tab_bits, 1, POINTS);
    memset(told, 1, POINTS);

    modbus_t *context;
    int server = -1, highest;
    fd_set watched;
    FD_ZERO(&watched);
    if (is_tcp) {
        struct sockaddr_in address;
        socklen_t len = sizeof address;
        context = modbus_new_tcp("127.0.0.1", 0);
        server = modbus_tcp_listen(context, 4);
        if (server < 0 || getsockname(server, (struct sockaddr *)&address, &len))
            return 1;
        printf("listening %d\n", ntohs(address.sin_port));
        highest = server;
    } else {
        context = modbus_new_rtu(words[2], 9600, 'N', 8, 1);
        modbus_set_slave(context, 1);
        if (modbus_connect(context))
            return 1;
        printf("listening %s\n", words[2]);
        highest = modbus_get_socket(context);
    }
    FD_SET(highest, &watched);
    FD_SET(STDIN_FILENO, &watched);
    for (;;) {
        fd_set ready = watched;
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0)
            return 1;
        for (int fd = 0; fd <= highest; fd++) {
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            if (!FD_ISSET(fd, &ready))
                continue;
            if (fd == STDIN_FILENO) {
                if (!take_input())
                    return 0;
                continue;
            }
            if (fd == server) {
                int master = accept(server, NULL, NULL);
                if (master >= 0) {
                    FD_SET(master, &watched);
                    highest = master > highest ? master : highest;
                }
                continue;
            }
            modbus_set_socket(context, fd);
            int len = modbus_receive(context, query);
            if (len > 0) {
                modbus_reply(context, query, len, points);
                tell_changes();
            } else if (len < 0 && is_tcp) {
                close(fd);
                FD_CLR(fd, &watched);
            }
        }
    }
}
