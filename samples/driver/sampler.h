/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up capture card: it fills a ring of sound samples by DMA and takes commands from a small buffer. */
#ifndef SAMPLER_H
#define SAMPLER_H

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/miscdevice.h>

#define SAMPLER_RING_BYTES	(16 * PAGE_SIZE)
#define SAMPLER_COMMAND_BYTES	64

#define SAMPLER_REG_RING	0x00
#define SAMPLER_REG_COMMAND	0x08
#define SAMPLER_REG_GO		0x10

struct sampler {
	struct device *dev;
	struct miscdevice misc;
	void __iomem *regs;

	void *ring;		/* filled by the card */
	dma_addr_t ring_dma;

	u8 *command;		/* read by the card */
};

int sampler_send(struct sampler *s, u8 opcode, u8 argument);
int sampler_mmap(struct file *file, struct vm_area_struct *vma);

#endif
