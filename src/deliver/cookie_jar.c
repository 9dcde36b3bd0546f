#include "deliver/cookie_jar.h"

#include <string.h>

void cookie_jar_init(struct cookie_jar *j)
{
	pthread_mutex_init(&j->lock, NULL);
	j->lines = NULL;
}

void cookie_jar_deinit(struct cookie_jar *j)
{
	curl_slist_free_all(j->lines);
	pthread_mutex_destroy(&j->lock);
}

void cookie_jar_show(struct cookie_jar *j, CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_COOKIEFILE, ""); /* the engine is on */
	curl_easy_setopt(curl, CURLOPT_COOKIELIST, "ALL"); /* and empty */
	pthread_mutex_lock(&j->lock);
	for (struct curl_slist *l = j->lines; l != NULL; l = l->next)
		curl_easy_setopt(curl, CURLOPT_COOKIELIST, l->data);
	pthread_mutex_unlock(&j->lock);
}

void cookie_jar_keep(struct cookie_jar *j, CURL *curl)
{
	struct curl_slist *lines = NULL, *former;
	size_t octets = 0;
	unsigned n = 0;

	if (curl_easy_getinfo(curl, CURLINFO_COOKIELIST, &lines) != CURLE_OK)
		return;
	for (struct curl_slist *l = lines; l != NULL; l = l->next) {
		octets += strlen(l->data);
		n++;
	}
	if (n > COOKIE_JAR_MAX || octets > COOKIE_JAR_OCTETS) {
		curl_slist_free_all(lines);
		lines = NULL;
	}
	pthread_mutex_lock(&j->lock);
	former = j->lines;
	j->lines = lines;
	pthread_mutex_unlock(&j->lock);
	curl_slist_free_all(former);
}
