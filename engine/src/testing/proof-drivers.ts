/** Small drivers for the proofs' tests, as one would write them, wrong and right. */
export interface TestDriver {
  readonly name: string;
  readonly proof: string;
  readonly text: string;
  /** Path: for each step the function and a text that its statement contains; the last is the sink. */
  readonly path: readonly (readonly [fn: string, text: string])[];
}

const common = `
struct card {
	struct device *dev;
	void __iomem *regs;
	void *cpu;
	dma_addr_t dma;
	size_t size;
};
`;

const allocate = `${common}
static int card_probe(struct platform_device *pdev)
{
	struct card *card;

	card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	card->dev = &pdev->dev;
	card->size = 2 * PAGE_SIZE;
	card->cpu = dma_alloc_coherent(card->dev, card->size, &card->dma, GFP_KERNEL);
	if (!card->cpu)
		return -ENOMEM;
	platform_set_drvdata(pdev, card);
	return 0;
}
`;

const mmap = (body: string): string => `${allocate}
static int card_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct card *card = file->private_data;
	unsigned long size = vma->vm_end - vma->vm_start;

	if (size > card->size)
		return -EINVAL;
${body}
}
`;

const alloc = ["card_probe", "dma_alloc_coherent"] as const;

const lateStore = (body: string, zeroed = ""): string => `
struct command {
	__le32 opcode;
	__le32 argument;
	u8 data[248];
	__le32 status;
};

struct card {
	struct device *dev;
	void __iomem *regs;
	struct command *command;
};

static int card_probe(struct platform_device *pdev)
{
	struct card *card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);

	if (!card)
		return -ENOMEM;
	card->dev = &pdev->dev;
	card->command = devm_kzalloc(&pdev->dev, sizeof(*card->command), GFP_KERNEL);
	if (!card->command)
		return -ENOMEM;
	platform_set_drvdata(pdev, card);
	return 0;
}

static void card_fill(struct command *cmd, u32 opcode)
{
	cmd->opcode = cpu_to_le32(opcode);
	cmd->argument = 0;
}

static int card_send(struct card *card, u32 opcode, u8 argument)
{
	struct command *cmd = card->command;
	dma_addr_t addr;
${zeroed}
	addr = dma_map_single(card->dev, cmd, sizeof(*cmd), DMA_TO_DEVICE);
	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	${body}
	writel(addr, card->regs + 0x10);
	dma_unmap_single(card->dev, addr, sizeof(*cmd), DMA_TO_DEVICE);
	return 0;
}
`;

/** Drivers that store into `command` after it is mapped; the last step is the store. */
const lateStores: readonly TestDriver[] = [
  ["late store of a parameter", "cmd->data[1] = argument;", ""],
  ["late store of a parameter into zeroes", "cmd->opcode = cpu_to_le32(opcode);", "memset(cmd, 0, sizeof(*cmd));"],
  ["late store behind the first lines", "cmd->status = cpu_to_le32(1);", ""],
  ["late store in a helper", "card_fill(cmd, opcode);", "memset(cmd, 0, sizeof(*cmd));"],
  ["late store of zero over an earlier use", "cmd->argument = 0;", ""],
  ["late store of the same bytes", "cmd->argument = 0;", "memset(cmd, 0, sizeof(*cmd));"],
  ["statement that touches no mapped memory", "card_wait(card);", ""],
].map(([name = "", body = "", zeroed = ""]) => ({
  name,
  proof: "owned-by-device",
  text: lateStore(body, zeroed),
  path: [
    ["card_probe", "devm_kzalloc(&pdev->dev, sizeof(*card->command)"],
    ["card_send", "dma_map_single"],
    // The store is the call's own statement where a call gives the value.
    ["card_send", /cpu_to_le32\(.*\)/.exec(body)?.[0] ?? body.slice(0, -1)],
  ],
}));

export const drivers: readonly TestDriver[] = [
  {
    name: "mmap by virt_to_page",
    proof: "coherent-page",
    text: mmap(
      `	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(virt_to_page(card->cpu)), size, vma->vm_page_prot);`,
    ),
    path: [alloc, ["card_mmap", "virt_to_page(card->cpu)"]],
  },
  {
    name: "mmap by virt_to_phys, fixed with dma_mmap_coherent",
    proof: "coherent-page",
    text: mmap(`	return dma_mmap_coherent(card->dev, vma, card->cpu, card->dma, card->size);`),
    path: [alloc, ["card_mmap", "dma_mmap_coherent"]],
  },
  {
    name: "mmap by handle, default protection",
    proof: "user-mapping",
    text: mmap(`	return remap_pfn_range(vma, vma->vm_start, card->dma >> PAGE_SHIFT, size, vma->vm_page_prot);`),
    path: [alloc, ["card_mmap", "remap_pfn_range"]],
  },
  {
    name: "mmap by handle, noncached",
    proof: "user-mapping",
    text: mmap(`	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return remap_pfn_range(vma, vma->vm_start, card->dma >> PAGE_SHIFT, size, vma->vm_page_prot);`),
    path: [alloc, ["card_mmap", "remap_pfn_range"]],
  },
  {
    name: "mmap by dma_mmap_coherent",
    proof: "user-mapping",
    text: mmap(`	return dma_mmap_coherent(card->dev, vma, card->cpu, card->dma, card->size);`),
    path: [alloc, ["card_mmap", "dma_mmap_coherent"]],
  },
  {
    name: "fault handler with virt_to_page",
    proof: "user-mapping",
    text: `${allocate}
static vm_fault_t card_fault(struct vm_fault *vmf)
{
	struct card *card = vmf->vma->vm_private_data;
	struct page *page = virt_to_page(card->cpu + (vmf->pgoff << PAGE_SHIFT));

	get_page(page);
	vmf->page = page;
	return 0;
}
`,
    path: [alloc, ["card_fault", "vmf->page = page"]],
  },
  {
    name: "coherent mapped again",
    proof: "coherent-remapped",
    text: `${allocate}
static int card_send(struct card *card, size_t len)
{
	dma_addr_t addr;

	addr = dma_map_single(card->dev, card->cpu, len, DMA_TO_DEVICE);
	writel(addr, card->regs + 0x10);
	return 0;
}
`,
    path: [alloc, ["card_send", "dma_map_single"]],
  },
  {
    name: "coherent in a scatterlist",
    proof: "coherent-sg",
    text: `${allocate}
static int card_list(struct card *card, struct scatterlist *sg)
{
	int n;

	sg_init_table(sg, 1);
	sg_set_buf(sg, card->cpu, card->size);
	n = dma_map_sg(card->dev, sg, 1, DMA_FROM_DEVICE);
	if (!n)
		return -ENOMEM;
	return 0;
}
`,
    path: [alloc, ["card_list", "sg_set_buf"]],
  },
  {
    name: "stack buffer",
    proof: "stack-buffer",
    text: `${common}
static int card_id(struct card *card)
{
	u8 id[8];
	dma_addr_t addr;

	addr = dma_map_single(card->dev, id, sizeof(id), DMA_FROM_DEVICE);
	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	writel(addr, card->regs + 0x10);
	wait_for_completion(&card->done);
	dma_unmap_single(card->dev, addr, sizeof(id), DMA_FROM_DEVICE);
	return id[0];
}
`,
    path: [["card_id", "dma_map_single"]],
  },
  {
    name: "kmalloc buffer instead of the stack",
    proof: "stack-buffer",
    text: `${common}
static int card_id(struct card *card)
{
	u8 *id = kmalloc(8, GFP_KERNEL);
	dma_addr_t addr;
	int ret;

	if (!id)
		return -ENOMEM;
	addr = dma_map_single(card->dev, id, 8, DMA_FROM_DEVICE);
	if (dma_mapping_error(card->dev, addr)) {
		kfree(id);
		return -ENOMEM;
	}
	writel(addr, card->regs + 0x10);
	wait_for_completion(&card->done);
	dma_unmap_single(card->dev, addr, 8, DMA_FROM_DEVICE);
	ret = id[0];
	kfree(id);
	return ret;
}
`,
    path: [["card_id", "dma_map_single"]],
  },
  {
    name: "usb message from the stack",
    proof: "stack-buffer",
    text: `
static int dev_read(struct usb_device *udev)
{
	u8 data[2];
	int ret;

	ret = usb_control_msg(udev, usb_rcvctrlpipe(udev, 0), 1, USB_DIR_IN, 0, 0, data, sizeof(data), 1000);
	if (ret < 0)
		return ret;
	return data[0];
}
`,
    path: [["dev_read", "usb_control_msg"]],
  },
  {
    name: "vmalloc mapped",
    proof: "vmalloc-buffer",
    text: `${common}
static int card_table(struct card *card)
{
	card->cpu = vzalloc(3 * PAGE_SIZE);
	if (!card->cpu)
		return -ENOMEM;
	card->dma = dma_map_single(card->dev, card->cpu, 3 * PAGE_SIZE, DMA_TO_DEVICE);
	if (dma_mapping_error(card->dev, card->dma))
		return -EIO;
	return 0;
}
`,
    path: [
      ["card_table", "vzalloc"],
      ["card_table", "dma_map_single"],
    ],
  },
  {
    name: "vmalloc in a scatterlist",
    proof: "vmalloc-buffer",
    text: `${common}
static int card_table(struct card *card, struct scatterlist *sg)
{
	card->cpu = vzalloc(3 * PAGE_SIZE);
	if (!card->cpu)
		return -ENOMEM;
	sg_init_one(sg, card->cpu, 3 * PAGE_SIZE);
	return dma_map_sg(card->dev, sg, 1, DMA_TO_DEVICE);
}
`,
    path: [
      ["card_table", "vzalloc"],
      ["card_table", "sg_init_one"],
    ],
  },
  {
    name: "unchecked mapping",
    proof: "mapping-error",
    text: `${common}
static int card_send(struct card *card, void *data, size_t len)
{
	dma_addr_t addr = dma_map_single(card->dev, data, len, DMA_TO_DEVICE);

	writel(addr, card->regs + 0x10);
	return 0;
}
`,
    path: [["card_send", "dma_map_single"]],
  },
  {
    name: "checked mapping",
    proof: "mapping-error",
    text: `${common}
static int card_send(struct card *card, void *data, size_t len)
{
	dma_addr_t addr = dma_map_single(card->dev, data, len, DMA_TO_DEVICE);

	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	writel(addr, card->regs + 0x10);
	return 0;
}
`,
    path: [["card_send", "dma_map_single"]],
  },
  {
    name: "write while mapped to the device",
    proof: "owned-by-device",
    text: `${common}
static int card_send(struct card *card, u8 *data, size_t len)
{
	dma_addr_t addr;

	data[0] = 1;
	addr = dma_map_single(card->dev, data, len, DMA_TO_DEVICE);
	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	data[0] = 2;
	writel(addr, card->regs + 0x10);
	return 0;
}
`,
    path: [
      ["card_send", "dma_map_single"],
      ["card_send", "data[0] = 2"],
    ],
  },
  {
    name: "write before the mapping",
    proof: "owned-by-device",
    text: `${common}
static int card_send(struct card *card, u8 *data, size_t len)
{
	dma_addr_t addr;

	data[0] = 1;
	data[0] = 2;
	addr = dma_map_single(card->dev, data, len, DMA_TO_DEVICE);
	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	writel(addr, card->regs + 0x10);
	return 0;
}
`,
    path: [["card_send", "data[0] = 2"]],
  },
  ...lateStores,
  {
    name: "read after the mapping has ended",
    proof: "owned-by-device",
    text: `${common}
static int card_receive(struct card *card, u8 *data, size_t len)
{
	dma_addr_t addr;
	int first;

	addr = dma_map_single(card->dev, data, len, DMA_FROM_DEVICE);
	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	writel(addr, card->regs + 0x10);
	dma_unmap_single(card->dev, addr, len, DMA_FROM_DEVICE);
	first = data[40];
	return first;
}
`,
    path: [
      ["card_receive", "dma_map_single"],
      ["card_receive", "first = data[40]"],
    ],
  },
  {
    name: "read while mapped from the device",
    proof: "owned-by-device",
    text: `${common}
static int card_receive(struct card *card, u8 *data, size_t len)
{
	dma_addr_t addr;
	int first;

	addr = dma_map_single(card->dev, data, len, DMA_FROM_DEVICE);
	if (dma_mapping_error(card->dev, addr))
		return -ENOMEM;
	writel(addr, card->regs + 0x10);
	first = data[0];
	dma_unmap_single(card->dev, addr, len, DMA_FROM_DEVICE);
	return first;
}
`,
    path: [
      ["card_receive", "dma_map_single"],
      ["card_receive", "first = data[0]"],
    ],
  },
  {
    name: "record shared by mmap",
    proof: "user-alias",
    text: `
struct shared {
	unsigned long page;
};

static int shared_open(struct file *file)
{
	struct shared *shared = kzalloc(sizeof(*shared), GFP_KERNEL);

	if (!shared)
		return -ENOMEM;
	shared->page = get_zeroed_page(GFP_KERNEL);
	if (!shared->page)
		return -ENOMEM;
	file->private_data = shared;
	return 0;
}

static int shared_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shared *shared = file->private_data;

	return vm_insert_page(vma, vma->vm_start, virt_to_page(shared->page));
}
`,
    path: [
      ["shared_open", "get_zeroed_page"],
      ["shared_mmap", "vm_insert_page"],
    ],
  },
];
