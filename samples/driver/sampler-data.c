// SPDX-License-Identifier: Apache-2.0
/* Two mistakes that work on the author's PC and fail on the customer's board. Hover, fix, and replay them. */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "sampler.h"

/* The app reads the samples straight out of the ring. */
int sampler_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct sampler *s = container_of(file->private_data, struct sampler, misc);
	unsigned long size = vma->vm_end - vma->vm_start;

	if (size > SAMPLER_RING_BYTES)
		return -EINVAL;

	return remap_pfn_range(vma, vma->vm_start, s->ring_dma >> PAGE_SHIFT,
			       size, vma->vm_page_prot);
}

/* The card fetches a command of two bytes. */
int sampler_send(struct sampler *s, u8 opcode, u8 argument)
{
	dma_addr_t handle;

	s->command[0] = opcode;
	handle = dma_map_single(s->dev, s->command, SAMPLER_COMMAND_BYTES, DMA_TO_DEVICE);
	if (dma_mapping_error(s->dev, handle))
		return -ENOMEM;

	s->command[1] = argument;
	writel(handle, s->regs + SAMPLER_REG_COMMAND);
	writel(1, s->regs + SAMPLER_REG_GO);

	dma_unmap_single(s->dev, handle, SAMPLER_COMMAND_BYTES, DMA_TO_DEVICE);
	return 0;
}
