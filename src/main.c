/* tapferryd: dnstap in, HTTP collectors out. */
int main(void)
{
	return 0;
}
