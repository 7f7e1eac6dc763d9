int base_add(int a, int b);
