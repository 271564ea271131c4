/* The flash's image and its operations. */
#ifndef SLUICE_FLASH_H
#define SLUICE_FLASH_H

#include "host.h"

enum { SECTOR = 4096, PAGE = 256, PARTITION_COUNT = 16 };

typedef struct { char label[17]; uint32_t offset, size; } Partition;

extern Partition partitions[PARTITION_COUNT];
extern int partitionCount;
extern uint8_t* image;

/* At most a page, not across two; 0: it failed and says so. */
int programPage(uint32_t at, const uint8_t* source, uint32_t size);
int eraseSector(uint32_t at);
void countRead(uint32_t size);

#endif
