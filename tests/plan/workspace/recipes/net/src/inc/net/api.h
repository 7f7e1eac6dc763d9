int tcp(int x);
int udp(int x);
