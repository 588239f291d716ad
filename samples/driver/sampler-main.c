// SPDX-License-Identifier: Apache-2.0
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "sampler.h"

static const struct file_operations sampler_fops = {
	.owner	= THIS_MODULE,
	.mmap	= sampler_mmap,
};

static int sampler_probe(struct platform_device *pdev)
{
	struct sampler *s;
	int ret;

	s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->dev = &pdev->dev;

	s->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(s->regs))
		return PTR_ERR(s->regs);

	ret = dma_set_mask_and_coherent(s->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;

	s->command = devm_kmalloc(s->dev, SAMPLER_COMMAND_BYTES, GFP_KERNEL);
	if (!s->command)
		return -ENOMEM;

	s->ring = dma_alloc_coherent(s->dev, SAMPLER_RING_BYTES, &s->ring_dma, GFP_KERNEL);
	if (!s->ring)
		return -ENOMEM;
	writel(s->ring_dma, s->regs + SAMPLER_REG_RING);

	s->misc.minor = MISC_DYNAMIC_MINOR;
	s->misc.name = "sampler";
	s->misc.fops = &sampler_fops;
	ret = misc_register(&s->misc);
	if (ret)
		dma_free_coherent(s->dev, SAMPLER_RING_BYTES, s->ring, s->ring_dma);
	else
		platform_set_drvdata(pdev, s);
	return ret;
}

static void sampler_remove(struct platform_device *pdev)
{
	struct sampler *s = platform_get_drvdata(pdev);

	misc_deregister(&s->misc);
	dma_free_coherent(s->dev, SAMPLER_RING_BYTES, s->ring, s->ring_dma);
}

static struct platform_driver sampler_driver = {
	.probe	= sampler_probe,
	.remove	= sampler_remove,
	.driver	= {
		.name = "sampler",
	},
};
module_platform_driver(sampler_driver);

MODULE_DESCRIPTION("Sample driver of DMA Lens");
MODULE_LICENSE("GPL");
