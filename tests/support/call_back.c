/* Native code of a Python service's own. */
void call_back(void (*function)(void))
{
    function();
    __asm__ volatile("");
}
