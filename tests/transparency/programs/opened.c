/* A library to be found by a path of the program's own; it may need another that is found the same
 * way. */
#ifdef NEEDS
int needed(void);
int answer(void)
{
    return needed();
}
#else
int needed(void)
{
    return 42;
}
int answer(void)
{
    return 41;
}
#endif
