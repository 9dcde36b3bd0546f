#include "sync/rcu.h"

char rcu_grace;
