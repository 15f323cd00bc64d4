<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>AboutPage</name>
    <message>
        <source>About HipDesk</source>
        <translation>关于 HipDesk</translation>
    </message>
    <message>
        <source>Version {v}</source>
        <translation>版本 {v}</translation>
    </message>
    <message>
        <source>Quantifies inflammation of the hip on MRI, for research.</source>
        <translation>在 MRI 上量化髋关节炎症，用于科研。</translation>
    </message>
    <message>
        <source>What it cannot tell</source>
        <translation>本程序无法判断的内容</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>No model was found.</source>
        <translation>未找到模型。</translation>
    </message>
</context>
<context>
    <name>AlignmentPanel</name>
    <message>
        <source>Lesions between the visits</source>
        <translation>两次就诊之间的病变</translation>
    </message>
    <message>
        <source>Of results that have changed since, so not current; align the visits again.</source>
        <translation>所依据的结果此后已有变化，因此不是最新；请重新对齐两次就诊。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Align visits</source>
        <translation>对齐就诊</translation>
    </message>
    <message>
        <source>Align again</source>
        <translation>重新对齐</translation>
    </message>
    <message>
        <source>The two may not be compared; ask for the changes all the same first</source>
        <translation>两者不可比较；请先要求仍然给出变化</translation>
    </message>
    <message>
        <source>Lay this hip of the later visit on the earlier one, bone on bone</source>
        <translation>将后一次就诊的该髋按骨骼对齐到前一次</translation>
    </message>
    <message>
        <source>Show the earlier visit&apos;s outlines</source>
        <translation>显示前次就诊的轮廓</translation>
    </message>
    <message>
        <source>Dashed on the later picture, where the alignment takes the bones: see how well they fit; no figure changes</source>
        <translation>以虚线画在后次图像上，位置由对齐结果决定：可自行判断骨骼是否吻合；任何数值都不会改变</translation>
    </message>
    <message>
        <source>Aligning, {percent} %: {step}</source>
        <translation>正在对齐，{percent}%：{step}</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>New</source>
        <translation>新发</translation>
    </message>
    <message>
        <source>Resolved</source>
        <translation>消退</translation>
    </message>
    <message>
        <source>Persistent</source>
        <translation>持续</translation>
    </message>
    <message>
        <source>BME of the femur</source>
        <translation>股骨 BME</translation>
    </message>
    <message>
        <source>BME of the hip bone</source>
        <translation>髋骨 BME</translation>
    </message>
    <message>
        <source>Effusion/synovitis</source>
        <translation>积液/滑膜炎</translation>
    </message>
    <message>
        <source>Volumes are counted anew when you keep it. Scores stay as they are.</source>
        <translation>保留后将重新计算体积。评分保持不变。</translation>
    </message>
    <message>
        <source>Align the visits to see which lesions are new, resolved or persistent. Scores stay as they are.</source>
        <translation>对齐两次就诊，可查看哪些病变为新发、消退或持续。评分保持不变。</translation>
    </message>
    <message>
        <source>One of the series does not show lesions, so no volumes are given.</source>
        <translation>其中一个序列不显示病变，因此不给出体积。</translation>
    </message>
    <message>
        <source>The two may not be compared; this was asked for all the same.</source>
        <translation>两者不可比较；此结果系应要求仍然给出。</translation>
    </message>
    <message>
        <source>Volumes are counted on the earlier visit&apos;s pixels and differ a little from each visit&apos;s own. Scores stay in native space: each is measured on its own visit&apos;s pixels.</source>
        <translation>体积按前一次就诊的像素计算，与各次就诊自身的体积略有差异。评分保持在原始空间：各自按本次就诊的像素测量。</translation>
    </message>
    <message>
        <source>{volume} mL lie where only one visit has slices, and are not compared.</source>
        <translation>有 {volume} mL 位于仅一次就诊有层面的部位，未作比较。</translation>
    </message>
    <message>
        <source>{bone}, not aligned: {reason}</source>
        <translation>{bone}未对齐：{reason}</translation>
    </message>
    <message>
        <source>{bone}: residual {median} mm, the median distance left between its surfaces of both visits; 95 % within {far} mm.</source>
        <translation>{bone}：残差 {median} mm，即对齐后两次骨表面之间距离的中位数；95% 在 {far} mm 以内。</translation>
    </message>
    <message>
        <source>Later visit moved to the left, back and up by {left}, {back} and {up} mm, and turned about these axes by {x}°, {y}° and {z}°.</source>
        <translation>后一次就诊向左、向后、向上移动 {left}、{back}、{up} mm，并绕这些轴旋转 {x}°、{y}°、{z}°。</translation>
    </message>
    <message>
        <source>Of this, adjusted by hand by {reader}: {length} mm and {angle}°.</source>
        <translation>其中由 {reader} 手动调整：{length} mm、{angle}°。</translation>
    </message>
    <message>
        <source>Of this, adjusted by hand: {length} mm and {angle}°.</source>
        <translation>其中手动调整：{length} mm、{angle}°。</translation>
    </message>
    <message>
        <source>Femur</source>
        <translation>股骨</translation>
    </message>
    <message>
        <source>Hip bone</source>
        <translation>髋骨</translation>
    </message>
</context>
<context>
    <name>AsidePage</name>
    <message>
        <source>Put aside and regrouped</source>
        <translation>已搁置与已重新归组</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Put aside</source>
        <translation>搁置</translation>
    </message>
    <message>
        <source>Nothing is put aside.</source>
        <translation>没有搁置任何内容。</translation>
    </message>
    <message>
        <source>Merged, split off and moved</source>
        <translation>合并、拆分与移动</translation>
    </message>
    <message>
        <source>Nothing was regrouped.</source>
        <translation>没有重新归组的内容。</translation>
    </message>
    <message>
        <source>Bring all back</source>
        <translation>全部恢复</translation>
    </message>
    <message>
        <source>No date</source>
        <translation>无日期</translation>
    </message>
    <message>
        <source>Bring back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>no date</source>
        <translation>无日期</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Regrouped again since: take that back first, it stands further up.</source>
        <translation>此后又重新归组：请先撤回上方较新的那一项。</translation>
    </message>
    <message>
        <source>{name} on {day}</source>
        <translation>{name} 于 {day}</translation>
    </message>
    <message>
        <source>{who}: {reason}</source>
        <translation>{who}：{reason}</translation>
    </message>
</context>
<context>
    <name>Blinded</name>
    <message>
        <source>Enter your name in the settings first: readings are kept by reader.</source>
        <translation>请先在设置中填写您的姓名：读片结果按阅片者保存。</translation>
    </message>
    <message>
        <source>Drawing the order of the visits</source>
        <translation>正在抽签决定就诊顺序</translation>
    </message>
    <message>
        <source>One visit has no order to be hidden; read it on this page.</source>
        <translation>只有一次就诊，没有顺序可隐藏；请在此页上读片。</translation>
    </message>
    <message>
        <source>Enter at least one total.</source>
        <translation>请至少填写一项总分。</translation>
    </message>
    <message>
        <source>Keeping the reading</source>
        <translation>正在保存读片结果</translation>
    </message>
    <message>
        <source>Reading a visit&apos;s images</source>
        <translation>正在读取一次就诊的图像</translation>
    </message>
    <message>
        <source>its images cannot be read</source>
        <translation>其图像无法读取</translation>
    </message>
</context>
<context>
    <name>BlindedPage</name>
    <message>
        <source>Blinded reading</source>
        <translation>盲法阅片</translation>
    </message>
    <message>
        <source>Hip</source>
        <translation>髋</translation>
    </message>
    <message>
        <source>Total of the hip (0-{n})</source>
        <translation>该髋总分（0-{n}）</translation>
    </message>
    <message>
        <source>The visits come in an order drawn by lot. Dates, scores, outlines and earlier readings are hidden until you finish.</source>
        <translation>各次就诊按抽签决定的顺序出现。在您结束之前，日期、评分、轮廓和以前的读片结果均被隐藏。</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一次</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一次</translation>
    </message>
    <message>
        <source>Finish and unblind</source>
        <translation>结束并揭盲</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>What you saved is kept; the order stays hidden</source>
        <translation>已保存的结果会保留；顺序仍保持隐藏</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Which visit was which</source>
        <translation>各次就诊对应的日期</translation>
    </message>
    <message>
        <source>Every reading was kept in your name as read without knowing the order, with the lot that drew it.</source>
        <translation>每次读片均以您的名义、按不知就诊顺序的方式保存，并附有抽签记录。</translation>
    </message>
    <message>
        <source>Slices of the visit</source>
        <translation>该就诊的层面</translation>
    </message>
    <message>
        <source>Visit {letter}</source>
        <translation>就诊 {letter}</translation>
    </message>
    <message>
        <source>{place} of {of}</source>
        <translation>第 {place} 次，共 {of} 次</translation>
    </message>
    <message>
        <source>This visit is being read…</source>
        <translation>正在读取该就诊……</translation>
    </message>
    <message>
        <source>Save correction</source>
        <translation>保存更正</translation>
    </message>
    <message>
        <source>Save reading</source>
        <translation>保存读片</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>已保存。</translation>
    </message>
    <message>
        <source>Visit</source>
        <translation>就诊</translation>
    </message>
    <message>
        <source>Day</source>
        <translation>日期</translation>
    </message>
</context>
<context>
    <name>Brush</name>
    <message>
        <source>Keeping the stroke</source>
        <translation>正在保存笔画</translation>
    </message>
    <message>
        <source>Reading the strokes that were kept</source>
        <translation>正在读取已保存的笔画</translation>
    </message>
    <message>
        <source>Scoring the painted outlines</source>
        <translation>正在对画出的轮廓评分</translation>
    </message>
    <message>
        <source>Keeping the new outlines</source>
        <translation>正在保存新轮廓</translation>
    </message>
    <message>
        <source>Discarding the strokes</source>
        <translation>正在放弃笔画</translation>
    </message>
    <message>
        <source>Bring back</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>The brush strokes on the right hip were discarded.</source>
        <translation>右髋的画笔笔画已放弃。</translation>
    </message>
    <message>
        <source>The brush strokes on the left hip were discarded.</source>
        <translation>左髋的画笔笔画已放弃。</translation>
    </message>
    <message>
        <source>Bringing the strokes back</source>
        <translation>正在恢复笔画</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Brush strokes on the right hip were not finished; they are shown again. Finish or discard them.</source>
        <translation>右髋的画笔笔画尚未完成，现重新显示。请完成或放弃。</translation>
    </message>
    <message>
        <source>Brush strokes on the left hip were not finished; they are shown again. Finish or discard them.</source>
        <translation>左髋的画笔笔画尚未完成，现重新显示。请完成或放弃。</translation>
    </message>
</context>
<context>
    <name>BrushBar</name>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>BME</source>
        <translation>骨髓水肿</translation>
    </message>
    <message>
        <source>Paint bone marrow oedema (1)</source>
        <translation>画骨髓水肿（1）</translation>
    </message>
    <message>
        <source>Effusion</source>
        <translation>积液</translation>
    </message>
    <message>
        <source>Paint effusion/synovitis (2)</source>
        <translation>画积液/滑膜炎（2）</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>股骨头</translation>
    </message>
    <message>
        <source>Paint the femoral head (3)</source>
        <translation>画股骨头（3）</translation>
    </message>
    <message>
        <source>Paint and erase outlines with a brush (B)</source>
        <translation>用画笔添加和擦除轮廓（B）</translation>
    </message>
    <message>
        <source>Smaller brush (-)</source>
        <translation>缩小画笔（-）</translation>
    </message>
    <message>
        <source>Larger brush (+)</source>
        <translation>放大画笔（+）</translation>
    </message>
    <message>
        <source>Erase instead of painting (E; or hold Shift)</source>
        <translation>擦除而不是添加（E；或按住 Shift）</translation>
    </message>
    <message>
        <source>Finish</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Keep the strokes as a new revision of the hip (Enter)</source>
        <translation>将笔画保存为该髋的新修订（Enter）</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Let go of all strokes that are not finished</source>
        <translation>放弃所有未完成的笔画</translation>
    </message>
    <message>
        <source>{0} mm</source>
        <translation>{0} mm</translation>
    </message>
    <message>
        <source>1 stroke</source>
        <translation>1 笔</translation>
    </message>
    <message>
        <source>{0} strokes</source>
        <translation>{0} 笔</translation>
    </message>
</context>
<context>
    <name>ByHandPanel</name>
    <message>
        <source>Adjust by hand...</source>
        <translation>手动调整...</translation>
    </message>
    <message>
        <source>Move the earlier visit&apos;s outline until it lies on the later picture&apos;s bone</source>
        <translation>移动前次就诊的轮廓，直到与后次图像上的骨骼重合</translation>
    </message>
    <message>
        <source>Bone</source>
        <translation>骨骼</translation>
    </message>
    <message>
        <source>Femur</source>
        <translation>股骨</translation>
    </message>
    <message>
        <source>Hip bone</source>
        <translation>髋骨</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>The outline as the program laid it</source>
        <translation>恢复为程序对齐的位置</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Leave the alignment as it was</source>
        <translation>对齐结果保持原样</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Keep a new alignment in your name, and count the volumes anew</source>
        <translation>以您的名义另存一个新的对齐结果，并重新计算体积</translation>
    </message>
    <message>
        <source>Right, left</source>
        <translation>右、左</translation>
    </message>
    <message>
        <source>Outline to the patient&apos;s right by 0.5 mm</source>
        <translation>轮廓向患者右侧移动 0.5 mm</translation>
    </message>
    <message>
        <source>Outline to the patient&apos;s left by 0.5 mm</source>
        <translation>轮廓向患者左侧移动 0.5 mm</translation>
    </message>
    <message>
        <source>Front, back</source>
        <translation>前、后</translation>
    </message>
    <message>
        <source>Outline to the front by 0.5 mm</source>
        <translation>轮廓向前移动 0.5 mm</translation>
    </message>
    <message>
        <source>Outline to the back by 0.5 mm</source>
        <translation>轮廓向后移动 0.5 mm</translation>
    </message>
    <message>
        <source>Down, up</source>
        <translation>下、上</translation>
    </message>
    <message>
        <source>Outline down by 0.5 mm</source>
        <translation>轮廓向下移动 0.5 mm</translation>
    </message>
    <message>
        <source>Outline up by 0.5 mm</source>
        <translation>轮廓向上移动 0.5 mm</translation>
    </message>
    <message>
        <source>Tip back, forward</source>
        <translation>后倾、前倾</translation>
    </message>
    <message>
        <source>Tip the outline&apos;s top to the back by 0.5°</source>
        <translation>轮廓上端向后倾斜 0.5°</translation>
    </message>
    <message>
        <source>Tip the outline&apos;s top to the front by 0.5°</source>
        <translation>轮廓上端向前倾斜 0.5°</translation>
    </message>
    <message>
        <source>Tip right, left</source>
        <translation>右倾、左倾</translation>
    </message>
    <message>
        <source>Tip the outline&apos;s top to the patient&apos;s right by 0.5°</source>
        <translation>轮廓上端向患者右侧倾斜 0.5°</translation>
    </message>
    <message>
        <source>Tip the outline&apos;s top to the patient&apos;s left by 0.5°</source>
        <translation>轮廓上端向患者左侧倾斜 0.5°</translation>
    </message>
    <message>
        <source>Turn right, left</source>
        <translation>右转、左转</translation>
    </message>
    <message>
        <source>Turn the outline&apos;s front to the patient&apos;s right by 0.5°</source>
        <translation>轮廓前面向患者右侧旋转 0.5°</translation>
    </message>
    <message>
        <source>Turn the outline&apos;s front to the patient&apos;s left by 0.5°</source>
        <translation>轮廓前面向患者左侧旋转 0.5°</translation>
    </message>
    <message>
        <source>Being kept…</source>
        <translation>正在保留…</translation>
    </message>
    <message>
        <source>Being measured…</source>
        <translation>正在测量…</translation>
    </message>
    <message>
        <source>The residual cannot be measured.</source>
        <translation>无法测量残差。</translation>
    </message>
    <message>
        <source>Residual {median} mm; 95 % within {far} mm.</source>
        <translation>残差 {median} mm；95% 在 {far} mm 以内。</translation>
    </message>
    <message>
        <source>{figures} Refused:</source>
        <translation>{figures}已被拒绝：</translation>
    </message>
</context>
<context>
    <name>CharsetButton</name>
    <message>
        <source>Names look wrong?</source>
        <translation>姓名显示有误？</translation>
    </message>
    <message>
        <source>As the files state</source>
        <translation>按文件所注</translation>
    </message>
</context>
<context>
    <name>ChoiceList</name>
    <message>
        <source>Nothing is remembered. Where you choose another series than the program, or say what it is weighted for, that holds for the scanner&apos;s protocol from then on.</source>
        <translation>尚无记忆的选择。您选择了与程序不同的序列，或说明了某序列的加权方式后，此选择今后适用于该扫描方案。</translation>
    </message>
    <message>
        <source>{what}, since {day}</source>
        <translation>{what}，自 {day} 起</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>取消记忆</translation>
    </message>
    <message>
        <source>Forget: {named}</source>
        <translation>取消记忆：{named}</translation>
    </message>
</context>
<context>
    <name>Choices</name>
    <message>
        <source>Reading the remembered choices</source>
        <translation>正在读取已记忆的选择</translation>
    </message>
    <message>
        <source>At the next study of this scanner&apos;s protocol, the same series will be chosen.</source>
        <translation>下次遇到此扫描方案的检查时，将选择同样的序列。</translation>
    </message>
    <message>
        <source>At the next study of this scanner&apos;s protocol, the same series will be analysed for the heads without asking, unless another one shows lesions.</source>
        <translation>下次遇到该扫描仪同一协议的检查时，将不再询问，直接对同一序列进行股骨头分析；若另有可显示病灶的序列则除外。</translation>
    </message>
    <message>
        <source>From now on, this holds for every series of this scanner&apos;s protocol.</source>
        <translation>从现在起，此说明适用于该扫描方案的所有序列。</translation>
    </message>
    <message>
        <source>Remember again</source>
        <translation>重新记忆</translation>
    </message>
    <message>
        <source>What was remembered for a scanner&apos;s protocol is forgotten.</source>
        <translation>已取消对某扫描方案的记忆。</translation>
    </message>
    <message>
        <source>Forgetting a choice</source>
        <translation>正在取消记忆的选择</translation>
    </message>
    <message>
        <source>Do not remember</source>
        <translation>不要记忆</translation>
    </message>
    <message>
        <source>Remembering the choice</source>
        <translation>正在记忆选择</translation>
    </message>
</context>
<context>
    <name>Clinical</name>
    <message>
        <source>Another patient is on screen: close that one first (Ctrl+W), then open the clinical record again.</source>
        <translation>屏幕上是另一位患者：请先将其关闭（Ctrl+W），再打开临床记录。</translation>
    </message>
    <message>
        <source>Fields of the clinical record that could not be read were left as they were.</source>
        <translation>临床记录中无法识别的栏目保持原样，未作更改。</translation>
    </message>
    <message>
        <source>Enter the name of the drug or operation.</source>
        <translation>请填写药物或手术的名称。</translation>
    </message>
    <message>
        <source>Dates are written as 2024-03-05, 2024-03 or 2024.</source>
        <translation>日期请写成 2024-03-05、2024-03 或 2024。</translation>
    </message>
    <message>
        <source>This day lies in the future.</source>
        <translation>该日期在将来。</translation>
    </message>
    <message>
        <source>A treatment must not end before it starts.</source>
        <translation>治疗的结束日期不能早于开始日期。</translation>
    </message>
    <message>
        <source>Enter your name in the settings first: readings are kept by reader.</source>
        <translation>请先在设置中填写您的姓名：评分按阅片者保存。</translation>
    </message>
    <message>
        <source>Enter at least one total.</source>
        <translation>请至少填写一项总分。</translation>
    </message>
    <message>
        <source>Reading the clinical record</source>
        <translation>正在读取临床记录</translation>
    </message>
    <message>
        <source>Keeping the clinical record</source>
        <translation>正在保存临床记录</translation>
    </message>
</context>
<context>
    <name>ClinicalPage</name>
    <message>
        <source>Clinical record</source>
        <translation>临床记录</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>Hips</source>
        <translation>髋关节</translation>
    </message>
    <message>
        <source>Treatments</source>
        <translation>治疗</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Not saved yet.</source>
        <translation>尚未保存。</translation>
    </message>
    <message>
        <source>Nothing is recorded for this visit yet. Empty means not recorded.</source>
        <translation>本次就诊尚无记录。空白表示未记录。</translation>
    </message>
    <message>
        <source>Saved by {name} on {day}.</source>
        <translation>{name} 于 {day} 保存。</translation>
    </message>
</context>
<context>
    <name>ClinicalStrip</name>
    <message>
        <source>Clinical index and treatments over time</source>
        <translation>临床指标与治疗随时间的变化</translation>
    </message>
</context>
<context>
    <name>ClinicalTrend</name>
    <message>
        <source>Clinical</source>
        <translation>临床</translation>
    </message>
    <message>
        <source>Clinical index</source>
        <translation>临床指标</translation>
    </message>
    <message>
        <source>Treatments outside the time shown: {names}.</source>
        <translation>不在所示时间范围内的治疗：{names}。</translation>
    </message>
</context>
<context>
    <name>ComparisonTable</name>
    <message>
        <source>Give the changes all the same</source>
        <translation>仍给出变化值</translation>
    </message>
    <message>
        <source>The two visits in numbers</source>
        <translation>两次就诊的数值</translation>
    </message>
    <message>
        <source>Two scans of an unchanged hip</source>
        <translation>同一未变化髋部的两次扫描</translation>
    </message>
    <message>
        <source>Scanned twice within days, nothing treated between: such pairs tell how much the figures vary by themselves, the smallest detectable change of your site</source>
        <translation>数日内扫描两次且其间未治疗：此类配对反映数值自身的波动，即本单位的最小可检测变化</translation>
    </message>
    <message>
        <source>Not comparable; the changes are given because you asked for them</source>
        <translation>不可比；应您要求给出变化值</translation>
    </message>
    <message>
        <source>Comparable</source>
        <translation>可比较</translation>
    </message>
    <message>
        <source>Compare with caution</source>
        <translation>比较须谨慎</translation>
    </message>
    <message>
        <source>Not comparable, so no change is given</source>
        <translation>不可比较，因此不给出变化</translation>
    </message>
    <message>
        <source>No comparison: not both visits have a score of this hip</source>
        <translation>无法比较：并非两次就诊都有该髋的评分</translation>
    </message>
    <message>
        <source>1 day apart</source>
        <translation>相隔 1 天</translation>
    </message>
    <message>
        <source>{days} days apart</source>
        <translation>相隔 {days} 天</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>前次</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>后次</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>Percent</source>
        <translation>百分比</translation>
    </message>
    <message>
        <source>Per year</source>
        <translation>每年</translation>
    </message>
</context>
<context>
    <name>DateLine</name>
    <message>
        <source>Without a date it stays out of the trend.</source>
        <translation>没有日期则不计入趋势。</translation>
    </message>
    <message>
        <source>Give the date...</source>
        <translation>填写日期...</translation>
    </message>
    <message>
        <source>Correct the date...</source>
        <translation>更正日期...</translation>
    </message>
    <message>
        <source>Date of the visit</source>
        <translation>就诊日期</translation>
    </message>
    <message>
        <source>Keep this date</source>
        <translation>保存此日期</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>DropHighlight</name>
    <message>
        <source>Drop to open</source>
        <translation>松开即打开</translation>
    </message>
</context>
<context>
    <name>FollowUp</name>
    <message>
        <source>this visit has no slice here</source>
        <translation>该次就诊在此处没有层面</translation>
    </message>
    <message>
        <source>this visit has no result of this hip</source>
        <translation>该次就诊没有该髋的结果</translation>
    </message>
    <message>
        <source>{day}: the right femoral head was placed on the left side of the body, so nothing is compared.</source>
        <translation>{day}：右侧股骨头被定位在身体左侧，因此不作比较。</translation>
    </message>
    <message>
        <source>{day}: the left femoral head was placed on the right side of the body, so nothing is compared.</source>
        <translation>{day}：左侧股骨头被定位在身体右侧，因此不作比较。</translation>
    </message>
    <message>
        <source>Keeping what repeats what</source>
        <translation>正在保存重复扫描标记</translation>
    </message>
    <message>
        <source>Analysing the patient&apos;s visits again</source>
        <translation>正在重新分析该患者的各次就诊</translation>
    </message>
    <message>
        <source>Series analysed again: {done}; failed: {failed}. What readers judged before still counts until they judge the new results.</source>
        <translation>重新分析的序列：{done}；失败：{failed}。阅片者此前判定的结果仍然有效，直至其判定新结果。</translation>
    </message>
    <message>
        <source>Reading the patient&apos;s visits</source>
        <translation>正在读取患者的就诊记录</translation>
    </message>
    <message>
        <source>Reading a visit&apos;s images</source>
        <translation>正在读取就诊图像</translation>
    </message>
    <message>
        <source>its images cannot be read</source>
        <translation>无法读取其图像</translation>
    </message>
    <message>
        <source>reading was stopped</source>
        <translation>读取已停止</translation>
    </message>
    <message>
        <source>Band: the earlier visit&apos;s figure, more or less by the smallest detectable change of what is plotted.</source>
        <translation>色带：较早就诊的数值加减图示指标的最小可检测变化。</translation>
    </message>
    <message>
        <source>Plotted is A/n, the per-slice mean of the area score, over all counted slices of each visit; changes are computed on the slices of both visits that show the same part of the hip.</source>
        <translation>图示为 A/n，即每次就诊全部计入层面的面积评分层均值；变化值只用两次就诊中显示髋部同一部分的层面计算。</translation>
    </message>
    <message>
        <source>Older results without a score: {count}; their marks on the chart tell why.</source>
        <translation>更早的无评分结果：{count} 个；原因见图中相应标记。</translation>
    </message>
    <message>
        <source>study without a description</source>
        <translation>无描述的检查</translation>
    </message>
    <message>
        <source>Left out until it has a date: {study}.</source>
        <translation>在填写日期之前不计入：{study}。</translation>
    </message>
    <message>
        <source>Date given by a reader, not by the images: {days}.</source>
        <translation>日期由阅片者给出，图像未载明：{days}。</translation>
    </message>
    <message>
        <source>Aligning two visits</source>
        <translation>正在对齐两次就诊</translation>
    </message>
    <message>
        <source>Drawing the earlier visit&apos;s outlines</source>
        <translation>正在绘制前次就诊的轮廓</translation>
    </message>
    <message>
        <source>Measuring the adjusted alignment</source>
        <translation>正在测量调整后的对齐</translation>
    </message>
    <message>
        <source>Keeping the adjusted alignment</source>
        <translation>正在保留调整后的对齐</translation>
    </message>
</context>
<context>
    <name>FollowUpView</name>
    <message>
        <source>Follow-up</source>
        <translation>随访</translation>
    </message>
    <message>
        <source>Hip</source>
        <translation>髋</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
    <message>
        <source>Plotted</source>
        <translation>图示</translation>
    </message>
    <message>
        <source>U per slice</source>
        <translation>每层 U</translation>
    </message>
    <message>
        <source>A per slice</source>
        <translation>每层 A</translation>
    </message>
    <message>
        <source>BME mL</source>
        <translation>骨髓水肿 mL</translation>
    </message>
    <message>
        <source>Effusion mL</source>
        <translation>积液 mL</translation>
    </message>
    <message>
        <source>Clinical record...</source>
        <translation>临床记录…</translation>
    </message>
    <message>
        <source>Questionnaires, laboratory, treatments and HIMRISS of the later visit</source>
        <translation>较晚一次就诊的问卷、化验、治疗和 HIMRISS</translation>
    </message>
    <message>
        <source>On to the report of the later visit, with all visits</source>
        <translation>前往后次就诊的报告（含全部就诊）</translation>
    </message>
    <message>
        <source>Analyse every visit with the present models</source>
        <translation>用当前模型分析每次就诊</translation>
    </message>
    <message>
        <source>New results are added; what readers signed or accepted stays beside them</source>
        <translation>新结果追加保存；阅片者签署或接受的结果仍并列保留</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Report of {day}</source>
        <translation>{day} 的报告</translation>
    </message>
    <message>
        <source>No patient open</source>
        <translation>未打开患者</translation>
    </message>
    <message>
        <source>Open a visit in the library (Ctrl+1). A patient with two or more dated visits can be followed here.</source>
        <translation>请在患者库中打开一次就诊 (Ctrl+1)。有两次或以上带日期就诊的患者可在此随访。</translation>
    </message>
    <message>
        <source>Only one visit so far</source>
        <translation>目前只有一次就诊</translation>
    </message>
    <message>
        <source>To follow this patient, open the folder of an earlier or a later study in the library (Ctrl+1); it is put beside this visit once it is analysed.</source>
        <translation>要随访该患者，请在患者库中打开更早或更晚检查的文件夹 (Ctrl+1)；分析完成后即与本次就诊并列显示。</translation>
    </message>
    <message>
        <source>The visits have no dates</source>
        <translation>就诊没有日期</translation>
    </message>
    <message>
        <source>Their studies state none, so their order is unknown. Give the visits a date in the library (Ctrl+1).</source>
        <translation>其检查未注明日期，因此先后顺序未知。请在患者库中为就诊填写日期 (Ctrl+1)。</translation>
    </message>
</context>
<context>
    <name>FoundPage</name>
    <message>
        <source>Patients</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>Back to the patients</source>
        <translation>返回患者列表</translation>
    </message>
    <message>
        <source>No series of images was found</source>
        <translation>未找到任何图像序列</translation>
    </message>
    <message>
        <source>study {day}</source>
        <translation>检查 {day}</translation>
    </message>
    <message>
        <source>read in {s} s</source>
        <translation>读取用时 {s} 秒</translation>
    </message>
    <message>
        <source>Still looking for images. Of the series found so far, those that can be analysed are listed: you can choose now, else the program does at the end.</source>
        <translation>仍在查找图像。下面列出目前找到的可分析序列：您现在即可选择，否则查找结束后由程序选择。</translation>
    </message>
    <message>
        <source>Images of {n} patients</source>
        <translation>{n} 位患者的图像</translation>
    </message>
    <message>
        <source>Names or descriptions look garbled.</source>
        <translation>姓名或描述疑似乱码。</translation>
    </message>
    <message>
        <source>Names look garbled. “{button}”, above at the right, shows how the patient&apos;s name reads in other character sets.</source>
        <translation>姓名疑似乱码。右上方的“{button}”可显示患者姓名在其他字符集中的读法。</translation>
    </message>
    <message>
        <source>Series</source>
        <translation>序列</translation>
    </message>
    <message>
        <source>Plane</source>
        <translation>方位</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>对比</translation>
    </message>
    <message>
        <source>Slices</source>
        <translation>层数</translation>
    </message>
    <message>
        <source>Spacing, mm</source>
        <translation>间距，mm</translation>
    </message>
    <message>
        <source>study without a date</source>
        <translation>无日期的检查</translation>
    </message>
    <message>
        <source>Series without a description</source>
        <translation>无描述的序列</translation>
    </message>
    <message>
        <source>Contrast of {name}: {words}</source>
        <translation>{name} 的对比：{words}</translation>
    </message>
    <message>
        <source>Say what the series is weighted for</source>
        <translation>说明此序列的加权方式</translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation>已选</translation>
    </message>
    <message>
        <source>Contrast by a reader</source>
        <translation>对比由阅片者说明</translation>
    </message>
    <message>
        <source>together with the other</source>
        <translation>与另一序列一起</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>分析</translation>
    </message>
    <message>
        <source>Analyse both</source>
        <translation>分析两个序列</translation>
    </message>
    <message>
        <source>Analyse this one</source>
        <translation>分析此序列</translation>
    </message>
    <message>
        <source>Heads only</source>
        <translation>仅股骨头</translation>
    </message>
    <message>
        <source>coronal</source>
        <translation>冠状位</translation>
    </message>
    <message>
        <source>sagittal</source>
        <translation>矢状位</translation>
    </message>
    <message>
        <source>axial</source>
        <translation>横轴位</translation>
    </message>
    <message>
        <source>oblique</source>
        <translation>斜位</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>混合方位</translation>
    </message>
    <message>
        <source>1 file left out</source>
        <translation>略过 1 个文件</translation>
    </message>
    <message>
        <source>{n} files left out</source>
        <translation>略过 {n} 个文件</translation>
    </message>
</context>
<context>
    <name>HipColumn</name>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
    <message>
        <source>other series</source>
        <translation>另一序列</translation>
    </message>
    <message>
        <source>dimmed: earlier outlines</source>
        <translation>已变淡：先前的轮廓</translation>
    </message>
</context>
<context>
    <name>HipFields</name>
    <message>
        <source>no</source>
        <translation>无</translation>
    </message>
    <message>
        <source>yes: this hip is not scored</source>
        <translation>有：该髋不评分</translation>
    </message>
    <message>
        <source>Harris hip score</source>
        <translation>Harris 髋关节评分</translation>
    </message>
    <message>
        <source>Measured deformities give the points for their absence; all four are needed.</source>
        <translation>“无畸形”的得分可由测量值得出；需填写全部四项。</translation>
    </message>
</context>
<context>
    <name>IdentityCard</name>
    <message>
        <source>differs</source>
        <translation>不同</translation>
    </message>
    <message>
        <source>not the same</source>
        <translation>不一致</translation>
    </message>
    <message>
        <source>Its images name {who}</source>
        <translation>其图像所载患者为 {who}</translation>
    </message>
</context>
<context>
    <name>Import</name>
    <message>
        <source>Trying out a table</source>
        <translation>正在试读表格</translation>
    </message>
    <message>
        <source>Importing a table</source>
        <translation>正在导入表格</translation>
    </message>
    <message>
        <source>{lines} lines of {name} were imported.</source>
        <translation>已从 {name} 导入 {lines} 行。</translation>
    </message>
    <message>
        <source>{lines} line of {name} was imported.</source>
        <translation>已从 {name} 导入 {lines} 行。</translation>
    </message>
    <message>
        <source>Visits without images that were begun for it: {begun}.</source>
        <translation>为此新建的无图像就诊：{begun} 次。</translation>
    </message>
    <message>
        <source>The patient library cannot be used at the moment; try again later.</source>
        <translation>患者库目前无法使用；请稍后重试。</translation>
    </message>
</context>
<context>
    <name>ImportPage</name>
    <message>
        <source>Patients</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>Import nothing, back to the patients</source>
        <translation>不导入，返回患者列表</translation>
    </message>
    <message>
        <source>Read the file again</source>
        <translation>重新读取文件</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Leave the lines with problems out, and import the others</source>
        <translation>跳过有问题的行，导入其余各行</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Import of {name}</source>
        <translation>导入 {name}</translation>
    </message>
    <message>
        <source>1 line</source>
        <translation>1 行</translation>
    </message>
    <message>
        <source>{n} lines</source>
        <translation>{n} 行</translation>
    </message>
    <message>
        <source>The table is being tried out; nothing is imported yet.</source>
        <translation>正在试读表格；尚未导入任何内容。</translation>
    </message>
    <message>
        <source>The table is being imported; cancelled now, none of it is kept.</source>
        <translation>正在导入表格；此时取消则不保留任何内容。</translation>
    </message>
    <message>
        <source>The table cannot be imported as it is; its problems stand below.</source>
        <translation>该表格目前无法导入；问题列于下方。</translation>
    </message>
    <message>
        <source>The lines with problems stay out; every problem stands below.</source>
        <translation>有问题的行将不导入；所有问题列于下方。</translation>
    </message>
    <message>
        <source>Nothing is imported while there is a problem: mend the file and read it again.</source>
        <translation>只要有问题就不导入任何内容：请修正文件后重新读取。</translation>
    </message>
    <message>
        <source>Nothing is imported while there is a problem: mend the file and read it again, or leave the lines with problems out.</source>
        <translation>只要有问题就不导入任何内容：请修正文件后重新读取，或跳过有问题的行。</translation>
    </message>
    <message>
        <source>There is nothing to be imported.</source>
        <translation>没有可导入的内容。</translation>
    </message>
    <message>
        <source>Lines that add something: {fresh}. In the library already: {unchanged}. With problems: {faulty}.</source>
        <translation>将新增内容的行：{fresh}。患者库中已有：{unchanged}。有问题：{faulty}。</translation>
    </message>
    <message>
        <source>Each reading is kept in the name of the reader in its line.</source>
        <translation>每次阅片以该行所列阅片者的名义保存。</translation>
    </message>
    <message>
        <source>The settings hold no name; what is imported is kept without one.</source>
        <translation>设置中没有姓名；导入的内容将不带姓名保存。</translation>
    </message>
    <message>
        <source>What is imported is kept in the name of {reader}.</source>
        <translation>导入的内容以 {reader} 的名义保存。</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Import 1 line</source>
        <translation>导入 1 行</translation>
    </message>
    <message>
        <source>Import {n} lines</source>
        <translation>导入 {n} 行</translation>
    </message>
</context>
<context>
    <name>ImpressionEditor</name>
    <message>
        <source>Reader&apos;s impression</source>
        <translation>阅片者意见</translation>
    </message>
    <message>
        <source>Your own words for the report. Nothing is written here by the program.</source>
        <translation>您为报告撰写的文字。程序不会在此填写任何内容。</translation>
    </message>
    <message>
        <source>The report is signed: withdraw the signature to change these words.</source>
        <translation>报告已签署：如需修改文字，请先撤回签署。</translation>
    </message>
    <message>
        <source>saved by itself</source>
        <translation>已自动保存</translation>
    </message>
    <message>
        <source>read only</source>
        <translation>只读</translation>
    </message>
</context>
<context>
    <name>JobBar</name>
    <message>
        <source>Stopping...</source>
        <translation>正在停止...</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop: {what}</source>
        <translation>停止：{what}</translation>
    </message>
    <message>
        <source>{elapsed}, {left} left</source>
        <translation>{elapsed}，剩余 {left}</translation>
    </message>
    <message>
        <source>{n} waiting</source>
        <translation>{n} 项等待中</translation>
    </message>
</context>
<context>
    <name>Keeping</name>
    <message>
        <source>The patient library is damaged. A repair puts aside what is damaged and deletes nothing.</source>
        <translation>患者库已损坏。修复会把损坏的部分移到一边，不删除任何内容。</translation>
    </message>
    <message>
        <source>Backing up the library</source>
        <translation>正在备份患者库</translation>
    </message>
    <message>
        <source>The library was backed up into one file and verified: {images} images.</source>
        <translation>患者库已备份到一个文件并通过校验：{images} 个图像。</translation>
    </message>
    <message>
        <source>Missing or damaged in the library itself: {count} images.</source>
        <translation>患者库本身缺失或损坏的图像：{count} 个。</translation>
    </message>
    <message>
        <source>Checking the library</source>
        <translation>正在检查患者库</translation>
    </message>
    <message>
        <source>The library is sound: {entries} changes on record, {images} images, everything as it was stored.</source>
        <translation>患者库完好：记录了 {entries} 次更改，{images} 个图像，全部与存储时一致。</translation>
    </message>
    <message>
        <source>The library&apos;s database is damaged.</source>
        <translation>患者库的数据库已损坏。</translation>
    </message>
    <message>
        <source>Of {images} images {missing} are missing and {damaged} damaged.</source>
        <translation>{images} 个图像中，{missing} 个缺失，{damaged} 个损坏。</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Repairing the library</source>
        <translation>正在修复患者库</translation>
    </message>
    <message>
        <source>The library is sound again.</source>
        <translation>患者库已恢复完好。</translation>
    </message>
    <message>
        <source>The repair could not mend everything.</source>
        <translation>修复未能解决全部问题。</translation>
    </message>
    <message>
        <source>A backup may have it (File, Restore the library...).</source>
        <translation>备份中可能有缺少的内容(文件，恢复患者库...)。</translation>
    </message>
    <message>
        <source>What was damaged lies in {place}.</source>
        <translation>损坏的内容放在 {place}。</translation>
    </message>
    <message>
        <source>Reading the backup</source>
        <translation>正在读取备份</translation>
    </message>
    <message>
        <source>The backup of {day} is whole and holds {images} images. Restoring moves the present library aside and deletes nothing.</source>
        <translation>{day} 的备份完整，含 {images} 个图像。恢复会把现有患者库移到一边，不删除任何内容。</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Restoring the library</source>
        <translation>正在恢复患者库</translation>
    </message>
    <message>
        <source>The backup was restored.</source>
        <translation>备份已恢复。</translation>
    </message>
    <message>
        <source>The library of before lies in {place}.</source>
        <translation>原来的患者库放在 {place}。</translation>
    </message>
    <message>
        <source>A result is not in the patient library yet; save it first.</source>
        <translation>有一个结果尚未存入患者库；请先保存。</translation>
    </message>
</context>
<context>
    <name>KeyboardPage</name>
    <message>
        <source>Keyboard and mouse</source>
        <translation>键盘与鼠标</translation>
    </message>
</context>
<context>
    <name>Library</name>
    <message>
        <source>Looking for the latest visit</source>
        <translation>正在查找最近一次就诊</translation>
    </message>
    <message>
        <source>A visit cannot lie in the future.</source>
        <translation>就诊日期不能晚于今天。</translation>
    </message>
    <message>
        <source>Dating the visit</source>
        <translation>正在填写就诊日期</translation>
    </message>
    <message>
        <source>Searching the library</source>
        <translation>正在搜索患者库</translation>
    </message>
    <message>
        <source>Reading the visits</source>
        <translation>正在读取就诊记录</translation>
    </message>
    <message>
        <source>Joining the patients</source>
        <translation>正在合并患者</translation>
    </message>
    <message>
        <source>Taking the joining back</source>
        <translation>正在撤销合并</translation>
    </message>
    <message>
        <source>Keeping the patients apart</source>
        <translation>正在标记为不同患者</translation>
    </message>
    <message>
        <source>Looking for the same person</source>
        <translation>正在查找同一患者</translation>
    </message>
    <message>
        <source>Opening the patient library</source>
        <translation>正在打开患者库</translation>
    </message>
</context>
<context>
    <name>LibraryView</name>
    <message>
        <source>Name, ID, accession</source>
        <translation>姓名、ID、检查号</translation>
    </message>
    <message>
        <source>Search patients</source>
        <translation>搜索患者</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>清除搜索</translation>
    </message>
    <message>
        <source>Patients</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>Open...</source>
        <translation>打开...</translation>
    </message>
    <message>
        <source>Open a folder with hip MRI</source>
        <translation>打开髋关节 MRI 文件夹</translation>
    </message>
    <message>
        <source>Open a folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open files</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Show all patients</source>
        <translation>显示全部患者</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Drop a folder with hip MRI here</source>
        <translation>将髋关节 MRI 文件夹拖放到此处</translation>
    </message>
    <message>
        <source>HipDesk finds the coronal fluid-sensitive series by itself and says why it chose it. You check the outlines, accept or reject them, and sign; patients and visits then stand in this library.</source>
        <translation>HipDesk 会自动找到冠状位液体敏感序列，并说明选择理由。由您核对轮廓、接受或拒绝并签署；患者与就诊随后保存在此患者库中。</translation>
    </message>
    <message>
        <source>Choose a patient</source>
        <translation>请选择患者</translation>
    </message>
    <message>
        <source>The visits are then listed here, newest first.</source>
        <translation>其就诊将列在此处，最近的在前。</translation>
    </message>
    <message>
        <source>1 patient</source>
        <translation>1 名患者</translation>
    </message>
    <message>
        <source>{n} patients</source>
        <translation>{n} 名患者</translation>
    </message>
    <message>
        <source>The latest {n} patients; search to find others</source>
        <translation>最近 {n} 名患者；其他患者请搜索</translation>
    </message>
    <message>
        <source>1 visit is put aside</source>
        <translation>已搁置 1 次就诊</translation>
    </message>
    <message>
        <source>{n} visits put aside</source>
        <translation>已搁置 {n} 次就诊</translation>
    </message>
    <message>
        <source>Nobody found</source>
        <translation>未找到患者</translation>
    </message>
    <message>
        <source>No patient has all of these words: {words}</source>
        <translation>没有患者同时符合以下全部词语：{words}</translation>
    </message>
    <message>
        <source>The library cannot be used</source>
        <translation>患者库无法使用</translation>
    </message>
</context>
<context>
    <name>LikenessBar</name>
    <message>
        <source>Same person</source>
        <translation>同一人</translation>
    </message>
    <message>
        <source>Two people</source>
        <translation>不是同一人</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Is this the same person?</source>
        <translation>是同一人吗？</translation>
    </message>
    <message>
        <source>The visit was given to the patient of the library.</source>
        <translation>该次就诊已归入患者库中的患者。</translation>
    </message>
    <message>
        <source>The visit belongs to {here}. The library also has {other}, with {visits}. Their visits are compared only if you say that they are one person.</source>
        <translation>该次就诊属于 {here}。患者库中还有 {other}，{visits}。只有您确认二者为同一人，才会比较其就诊。</translation>
    </message>
    <message>
        <source>1 visit</source>
        <translation>1 次就诊</translation>
    </message>
    <message>
        <source>{n} visits</source>
        <translation>{n} 次就诊</translation>
    </message>
    <message>
        <source>{visits}, last {day}</source>
        <translation>{visits}，最近 {day}</translation>
    </message>
    <message>
        <source>It now belongs to {other}. This can be taken back.</source>
        <translation>现归属于 {other}。可以撤销。</translation>
    </message>
</context>
<context>
    <name>LinkBar</name>
    <message>
        <source>Fit</source>
        <translation>适合窗口</translation>
    </message>
    <message>
        <source>Lock windows</source>
        <translation>锁定窗宽窗位</translation>
    </message>
    <message>
        <source>Both hips as at the beginning (Esc)</source>
        <translation>双髋恢复初始显示 (Esc)</translation>
    </message>
    <message>
        <source>A window set in one picture counts for both, each by its own signal</source>
        <translation>在一幅图像中设置的窗宽窗位对两幅都有效，各按自身信号换算</translation>
    </message>
</context>
<context>
    <name>LinkSlider</name>
    <message>
        <source>Both visits, from the head centre (wheel, Up, Down)</source>
        <translation>两次就诊，自股骨头中心起（滚轮、上下方向键）</translation>
    </message>
    <message>
        <source>Slice, millimetres from the head centre</source>
        <translation>层面，距股骨头中心的毫米数</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Workspaces</source>
        <translation>工作区</translation>
    </message>
    <message>
        <source>Models trained on simulated MRI.</source>
        <translation>模型以模拟 MRI 训练。</translation>
    </message>
</context>
<context>
    <name>MessageBar</name>
    <message>
        <source>Show fewer</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>and {n} more</source>
        <translation>另有 {n} 条</translation>
    </message>
</context>
<context>
    <name>MessageBell</name>
    <message>
        <source>Messages: {n}</source>
        <translation>消息：{n} 条</translation>
    </message>
    <message>
        <source>Messages: put them away, or bring them back</source>
        <translation>消息：收起或重新显示</translation>
    </message>
</context>
<context>
    <name>MessageRow</name>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Dismiss this message</source>
        <translation>关闭此消息</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>Before this patient was opened: {sentence}</source>
        <translation>打开此患者之前：{sentence}</translation>
    </message>
</context>
<context>
    <name>NameField</name>
    <message>
        <source>Enter your name first: what you keep is kept in your name.</source>
        <translation>请先填写姓名：保留的内容将以您的名义保存。</translation>
    </message>
    <message>
        <source>Your name</source>
        <translation>您的姓名</translation>
    </message>
    <message>
        <source>Name to keep it with</source>
        <translation>保留时使用的姓名</translation>
    </message>
</context>
<context>
    <name>OverlayBar</name>
    <message>
        <source>Masks</source>
        <translation>分割</translation>
    </message>
    <message>
        <source>All masks</source>
        <translation>全部分割</translation>
    </message>
    <message>
        <source>Show or hide all masks (S; hold Space to look below)</source>
        <translation>显示或隐藏全部分割（S；按住空格键暂时隐藏）</translation>
    </message>
    <message>
        <source>Fill masks</source>
        <translation>填充分割</translation>
    </message>
    <message>
        <source>Fill the masks besides their outlines (O)</source>
        <translation>除轮廓外填充分割 (O)</translation>
    </message>
    <message>
        <source>Opacity of the masks</source>
        <translation>分割的不透明度</translation>
    </message>
    <message>
        <source>Opacity of the masks ([ and ])</source>
        <translation>分割的不透明度（[ 和 ]）</translation>
    </message>
    <message>
        <source>BME</source>
        <translation>骨髓水肿</translation>
    </message>
    <message>
        <source>Bone marrow oedema (BME)</source>
        <translation>骨髓水肿 (BME)</translation>
    </message>
    <message>
        <source>Effusion</source>
        <translation>积液</translation>
    </message>
    <message>
        <source>Effusion/synovitis</source>
        <translation>关节积液/滑膜炎</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>股骨头</translation>
    </message>
    <message>
        <source>Femoral head</source>
        <translation>股骨头</translation>
    </message>
    <message>
        <source>Femur</source>
        <translation>股骨</translation>
    </message>
    <message>
        <source>Proximal femur</source>
        <translation>股骨近端</translation>
    </message>
    <message>
        <source>Acetabulum</source>
        <translation>髋臼</translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>PatientDelegate</name>
    <message>
        <source>1 visit</source>
        <translation>1 次就诊</translation>
    </message>
    <message>
        <source>{n} visits</source>
        <translation>{n} 次就诊</translation>
    </message>
</context>
<context>
    <name>PatientFields</name>
    <message>
        <source>BASDAI, each 0-10</source>
        <translation>BASDAI，每项 0-10</translation>
    </message>
    <message>
        <source>BASFI, each 0-10</source>
        <translation>BASFI，每项 0-10</translation>
    </message>
    <message>
        <source>Laboratory and history</source>
        <translation>化验与病史</translation>
    </message>
    <message>
        <source>positive</source>
        <translation>阳性</translation>
    </message>
    <message>
        <source>negative</source>
        <translation>阴性</translation>
    </message>
</context>
<context>
    <name>PatientHeaderLine</name>
    <message>
        <source>No patient open</source>
        <translation>未打开患者</translation>
    </message>
    <message>
        <source>Open a folder, or a visit of the library</source>
        <translation>打开文件夹，或患者库中的一次就诊</translation>
    </message>
</context>
<context>
    <name>ProblemLine</name>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
</context>
<context>
    <name>ProblemModel</name>
    <message>
        <source>Line</source>
        <translation>行</translation>
    </message>
    <message>
        <source>Column</source>
        <translation>列</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>In the file</source>
        <translation>文件中为</translation>
    </message>
    <message>
        <source>Expected</source>
        <translation>应为</translation>
    </message>
</context>
<context>
    <name>ProblemTable</name>
    <message>
        <source>Problems of the table</source>
        <translation>表格的问题</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
</context>
<context>
    <name>QAbstractFileIconProvider</name>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>File Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Drive</source>
        <translation>驱动器</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>未知</translation>
    </message>
</context>
<context>
    <name>QFileDialog</name>
    <message>
        <source>&amp;Look in:</source>
        <translation>查找范围(&amp;L)：</translation>
    </message>
    <message>
        <source>Files of &amp;type:</source>
        <translation>文件类型(&amp;T)：</translation>
    </message>
</context>
<context>
    <name>QFileSystemModel</name>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
</context>
<context>
    <name>QPageSetupWidget</name>
    <message>
        <source>Page &amp;order:</source>
        <translation>页面顺序(&amp;O)：</translation>
    </message>
    <message>
        <source>Pages &amp;per sheet:</source>
        <translation>每张页数(&amp;P)：</translation>
    </message>
</context>
<context>
    <name>QPrintSettingsOutput</name>
    <message>
        <source>Page &amp;Set:</source>
        <translation>页码选择(&amp;S)：</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
</context>
<context>
    <name>ReadingBar</name>
    <message>
        <source>Window</source>
        <translation>窗宽窗位</translation>
    </message>
    <message>
        <source>Window presets (keys 1 to 5)</source>
        <translation>预设窗（按键 1 至 5）</translation>
    </message>
    <message>
        <source>Reset zoom and pan</source>
        <translation>复位缩放和平移</translation>
    </message>
    <message>
        <source>Reset zoom and pan (R)</source>
        <translation>复位缩放和平移 (R)</translation>
    </message>
    <message>
        <source>Run through the slices</source>
        <translation>连续播放层面</translation>
    </message>
    <message>
        <source>Run through the slices (C)</source>
        <translation>连续播放层面 (C)</translation>
    </message>
    <message>
        <source>R</source>
        <translation>R</translation>
    </message>
    <message>
        <source>L</source>
        <translation>L</translation>
    </message>
    <message>
        <source>Set the window by dragging</source>
        <translation>拖动以调节窗宽窗位</translation>
    </message>
    <message>
        <source>Move a hip&apos;s crop by its frame (M)</source>
        <translation>拖动边框移动髋部裁剪区 (M)</translation>
    </message>
    <message>
        <source>Place the right femoral head by a click</source>
        <translation>单击以定位右侧股骨头</translation>
    </message>
    <message>
        <source>Place the left femoral head by a click</source>
        <translation>单击以定位左侧股骨头</translation>
    </message>
    <message>
        <source>{0} slices, {1} × {2} × {3} mm</source>
        <translation>{0} 层，{1} × {2} × {3} mm</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
    <message>
        <source>Series</source>
        <translation>序列</translation>
    </message>
</context>
<context>
    <name>ReadingTab</name>
    <message>
        <source>Femoral bone marrow lesion</source>
        <translation>股骨骨髓病变</translation>
    </message>
    <message>
        <source>Acetabular bone marrow lesion</source>
        <translation>髋臼骨髓病变</translation>
    </message>
    <message>
        <source>Effusion and synovitis</source>
        <translation>积液与滑膜炎</translation>
    </message>
    <message>
        <source>Total of the hip (0-{n})</source>
        <translation>该髋总分（0-{n}）</translation>
    </message>
    <message>
        <source>Read blinded...</source>
        <translation>盲法阅片…</translation>
    </message>
    <message>
        <source>All visits of this patient in random order, without dates or earlier readings</source>
        <translation>该患者的所有就诊以随机顺序出现，不显示日期和以前的读片结果</translation>
    </message>
    <message>
        <source>Read all patients blinded...</source>
        <translation>盲法阅读所有患者…</translation>
    </message>
    <message>
        <source>All visits in the library in random order, one at a time, without names</source>
        <translation>患者库中的所有就诊以随机顺序逐一出现，不显示姓名</translation>
    </message>
    <message>
        <source>Read without knowing which visit came first</source>
        <translation>阅片时不知道就诊的先后顺序</translation>
    </message>
    <message>
        <source>HIMRISS totals as you read them. The program draws no region map and fills nothing in. A second reading of the same hip counts as a re-read.</source>
        <translation>填写您阅片得出的 HIMRISS 总分。程序不绘制分区图，也不代填任何数值。对同一髋的第二次阅片记为重读。</translation>
    </message>
    <message>
        <source>Add reading</source>
        <translation>添加评分</translation>
    </message>
    <message>
        <source>Save correction</source>
        <translation>保存更正</translation>
    </message>
    <message>
        <source>Nobody has read this visit yet.</source>
        <translation>本次就诊尚无人评分。</translation>
    </message>
    <message>
        <source>reading {n}</source>
        <translation>第 {n} 次阅片</translation>
    </message>
    <message>
        <source>order not known</source>
        <translation>不知先后顺序</translation>
    </message>
    <message>
        <source>Correct</source>
        <translation>更正</translation>
    </message>
</context>
<context>
    <name>Regroup</name>
    <message>
        <source>Brought back into the lists.</source>
        <translation>已恢复到列表中。</translation>
    </message>
    <message>
        <source>Taken back: it is as it was before.</source>
        <translation>已撤回：恢复为原来的状态。</translation>
    </message>
    <message>
        <source>The patient library is not open yet.</source>
        <translation>患者库尚未打开。</translation>
    </message>
    <message>
        <source>Reading the library</source>
        <translation>正在读取患者库</translation>
    </message>
    <message>
        <source>Changing the library</source>
        <translation>正在更改患者库</translation>
    </message>
    <message>
        <source>It was undone.</source>
        <translation>已撤销。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Put aside; nothing was deleted.</source>
        <translation>已搁置；没有删除任何内容。</translation>
    </message>
    <message>
        <source>The two patients are one in the library now.</source>
        <translation>这两位患者在库中现已合为一人。</translation>
    </message>
    <message>
        <source>The visit belongs to the other patient now.</source>
        <translation>该次就诊现归另一位患者。</translation>
    </message>
    <message>
        <source>The visits are a patient of their own now.</source>
        <translation>这些就诊现归一位单独的患者。</translation>
    </message>
    <message>
        <source>The images belong to the other visit now.</source>
        <translation>这些图像现归另一次就诊。</translation>
    </message>
    <message>
        <source>The two scans are not repeats any more.</source>
        <translation>这两次扫描不再作为重复扫描。</translation>
    </message>
    <message>
        <source>The two scans are repeats of an unchanged hip now.</source>
        <translation>这两次扫描现记为同一未变化髋部的重复扫描。</translation>
    </message>
</context>
<context>
    <name>RegroupPage</name>
    <message>
        <source>Name, ID, accession</source>
        <translation>姓名、ID、检查号</translation>
    </message>
    <message>
        <source>Search patients</source>
        <translation>查找患者</translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation>清除查找</translation>
    </message>
    <message>
        <source>Patients</source>
        <translation>患者</translation>
    </message>
    <message>
        <source>The other patient</source>
        <translation>另一位患者</translation>
    </message>
    <message>
        <source>Those who may be the same person come first.</source>
        <translation>可能为同一人者排在最前。</translation>
    </message>
    <message>
        <source>Somebody else...</source>
        <translation>换一位...</translation>
    </message>
    <message>
        <source>Keep this name and number</source>
        <translation>保留此姓名和 ID</translation>
    </message>
    <message>
        <source>I have looked at both: this is one person</source>
        <translation>我已核对双方：确为同一人</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Reason (required)</source>
        <translation>理由（必填）</translation>
    </message>
    <message>
        <source>Reason (optional)</source>
        <translation>理由（选填）</translation>
    </message>
    <message>
        <source>This patient</source>
        <translation>此患者</translation>
    </message>
    <message>
        <source>Studies of the visit</source>
        <translation>该次就诊的检查</translation>
    </message>
    <message>
        <source>Results of the visit, with the time of analysis</source>
        <translation>该次就诊的结果及分析时间</translation>
    </message>
    <message>
        <source>Visits</source>
        <translation>就诊</translation>
    </message>
    <message>
        <source>Mark visits on the left.</source>
        <translation>请在左侧勾选就诊。</translation>
    </message>
    <message>
        <source>A patient of their own</source>
        <translation>单独的患者</translation>
    </message>
    <message>
        <source>The other visit</source>
        <translation>另一次就诊</translation>
    </message>
    <message>
        <source>A visit of its own</source>
        <translation>单独成为一次就诊</translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>Keeping the impression</source>
        <translation>正在保存阅片意见</translation>
    </message>
    <message>
        <source>Saving the report</source>
        <translation>正在保存报告</translation>
    </message>
    <message>
        <source>Preparing to print</source>
        <translation>正在准备打印</translation>
    </message>
    <message>
        <source>Saved as {name}.</source>
        <translation>已保存为 {name}。</translation>
    </message>
    <message>
        <source>Recording the printing</source>
        <translation>正在记录打印</translation>
    </message>
    <message>
        <source>Making the report</source>
        <translation>正在生成报告</translation>
    </message>
    <message>
        <source>There is no analysis to write about yet.</source>
        <translation>尚无可供撰写报告的分析。</translation>
    </message>
    <message>
        <source>This visit is not in the library; save it first.</source>
        <translation>此次就诊不在患者库中；请先保存。</translation>
    </message>
</context>
<context>
    <name>ReportPages</name>
    <message>
        <source>Being made anew…</source>
        <translation>正在重新生成…</translation>
    </message>
    <message>
        <source>The pages are not ready yet</source>
        <translation>页面尚未就绪</translation>
    </message>
    <message>
        <source>They are being made, or a message above says why they cannot be.</source>
        <translation>页面正在生成；若无法生成，上方消息会说明原因。</translation>
    </message>
    <message>
        <source>Pages of the report</source>
        <translation>报告页面</translation>
    </message>
    <message>
        <source>Smaller (Ctrl+-)</source>
        <translation>缩小 (Ctrl+-)</translation>
    </message>
    <message>
        <source>Larger (Ctrl++)</source>
        <translation>放大 (Ctrl++)</translation>
    </message>
    <message>
        <source>As wide as there is room (Ctrl+0)</source>
        <translation>适合宽度 (Ctrl+0)</translation>
    </message>
    <message>
        <source>Page {number} of {of}</source>
        <translation>第 {number} 页，共 {of} 页</translation>
    </message>
</context>
<context>
    <name>ReportView</name>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Save PDF...</source>
        <translation>保存 PDF...</translation>
    </message>
    <message>
        <source>Print...</source>
        <translation>打印...</translation>
    </message>
    <message>
        <source>Series</source>
        <translation>序列</translation>
    </message>
    <message>
        <source>No report yet</source>
        <translation>尚无报告</translation>
    </message>
    <message>
        <source>Open a visit in the library (Ctrl+1) and have it analysed; its report is written here, page by page as it will be printed.</source>
        <translation>请在患者库中打开一次就诊 (Ctrl+1) 并进行分析；其报告将按打印效果逐页显示在此处。</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
    <message>
        <source>Save the report</source>
        <translation>保存报告</translation>
    </message>
    <message>
        <source>PDF files (*.pdf)</source>
        <translation>PDF 文件 (*.pdf)</translation>
    </message>
</context>
<context>
    <name>Review</name>
    <message>
        <source>Scoring other slices</source>
        <translation>正在按其他层面评分</translation>
    </message>
    <message>
        <source>Outlining the right hip</source>
        <translation>正在勾画右髋</translation>
    </message>
    <message>
        <source>Outlining the left hip</source>
        <translation>正在勾画左髋</translation>
    </message>
    <message>
        <source>Keeping the new outlines</source>
        <translation>正在保存新的轮廓</translation>
    </message>
    <message>
        <source>Going back to earlier outlines</source>
        <translation>正在恢复先前的轮廓</translation>
    </message>
    <message>
        <source>Outlining was stopped.</source>
        <translation>勾画已停止。</translation>
    </message>
    <message>
        <source>The crop of the right hip is back where it was.</source>
        <translation>右髋裁剪区已回到原来的位置。</translation>
    </message>
    <message>
        <source>The crop of the left hip is back where it was.</source>
        <translation>左髋裁剪区已回到原来的位置。</translation>
    </message>
    <message>
        <source>The right hip stays without a crop.</source>
        <translation>右髋仍无裁剪区。</translation>
    </message>
    <message>
        <source>The left hip stays without a crop.</source>
        <translation>左髋仍无裁剪区。</translation>
    </message>
    <message>
        <source>Analyse the series first.</source>
        <translation>请先分析该序列。</translation>
    </message>
    <message>
        <source>The result is signed: withdraw the signature to change outlines.</source>
        <translation>结果已签署：如需修改轮廓，请先撤回签署。</translation>
    </message>
    <message>
        <source>This hip is on the other series: change it there.</source>
        <translation>该髋在另一序列上：请在该序列上修改。</translation>
    </message>
    <message>
        <source>No hip on this series has outlines that could be painted.</source>
        <translation>此序列上没有可用画笔修改轮廓的髋。</translation>
    </message>
    <message>
        <source>Program&apos;s own result</source>
        <translation>程序自身的结果</translation>
    </message>
    <message>
        <source>The verdict on the right hip is on the outlines as they are now; with the program&apos;s own result the hip has to be judged again.</source>
        <translation>右髋的审阅结论针对当前轮廓；恢复程序自身的结果后，需重新审阅该髋。</translation>
    </message>
    <message>
        <source>The verdict on the left hip is on the outlines as they are now; with the program&apos;s own result the hip has to be judged again.</source>
        <translation>左髋的审阅结论针对当前轮廓；恢复程序自身的结果后，需重新审阅该髋。</translation>
    </message>
    <message>
        <source>The earlier verdict was another reader&apos;s: judge this hip yourself.</source>
        <translation>先前的审阅结论由另一位阅片者作出：请自行审阅该髋。</translation>
    </message>
    <message>
        <source>This hip is being worked on: wait until it is done.</source>
        <translation>该髋正在处理中：请等待完成。</translation>
    </message>
    <message>
        <source>Finish or discard the brush strokes on this hip first.</source>
        <translation>请先完成或放弃该髋的画笔笔画。</translation>
    </message>
    <message>
        <source>no slice of the other series lies here</source>
        <translation>另一序列在此处没有层面</translation>
    </message>
    <message>
        <source>the series has not been analysed yet</source>
        <translation>该序列尚未分析</translation>
    </message>
</context>
<context>
    <name>ReviewView</name>
    <message>
        <source>right crop moved</source>
        <translation>移动右髋裁剪区</translation>
    </message>
    <message>
        <source>left crop moved</source>
        <translation>移动左髋裁剪区</translation>
    </message>
    <message>
        <source>brush strokes on the right hip</source>
        <translation>右髋的画笔笔画</translation>
    </message>
    <message>
        <source>brush strokes on the left hip</source>
        <translation>左髋的画笔笔画</translation>
    </message>
    <message>
        <source>slices of the right hip chosen</source>
        <translation>已选择右髋层面</translation>
    </message>
    <message>
        <source>slices of the left hip chosen</source>
        <translation>已选择左髋层面</translation>
    </message>
    <message>
        <source>program&apos;s own result of the right hip</source>
        <translation>恢复右髋的程序结果</translation>
    </message>
    <message>
        <source>program&apos;s own result of the left hip</source>
        <translation>恢复左髋的程序结果</translation>
    </message>
    <message>
        <source>right hip accepted</source>
        <translation>接受右髋</translation>
    </message>
    <message>
        <source>left hip accepted</source>
        <translation>接受左髋</translation>
    </message>
    <message>
        <source>right hip rejected</source>
        <translation>拒绝右髋</translation>
    </message>
    <message>
        <source>left hip rejected</source>
        <translation>拒绝左髋</translation>
    </message>
    <message>
        <source>right hip reopened</source>
        <translation>重新审阅右髋</translation>
    </message>
    <message>
        <source>left hip reopened</source>
        <translation>重新审阅左髋</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>阅片</translation>
    </message>
    <message>
        <source>Slice</source>
        <translation>层面</translation>
    </message>
    <message>
        <source>No visit open</source>
        <translation>未打开就诊</translation>
    </message>
    <message>
        <source>Open a folder, or choose a visit in the library.</source>
        <translation>请打开文件夹，或在患者库中选择一次就诊。</translation>
    </message>
    <message>
        <source>{0} mm</source>
        <translation>{0} mm</translation>
    </message>
    <message>
        <source>Reset zoom and pan</source>
        <translation>复位缩放和平移</translation>
    </message>
    <message>
        <source>Back to all pictures</source>
        <translation>返回全部图像</translation>
    </message>
    <message>
        <source>Enlarge</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Mirrored</source>
        <translation>已镜像</translation>
    </message>
</context>
<context>
    <name>ScorePanel</name>
    <message>
        <source>No result yet</source>
        <translation>尚无结果</translation>
    </message>
    <message>
        <source>Score and verdict appear here when the analysis is done. The slices can be read meanwhile.</source>
        <translation>分析完成后，评分与审阅结论将显示在此处。期间可以阅览层面。</translation>
    </message>
    <message>
        <source>No result</source>
        <translation>无结果</translation>
    </message>
    <message>
        <source>The analysis was stopped or failed. Open the folder again to have it done; the slices can be read without it.</source>
        <translation>分析已停止或失败。如需分析，请重新打开该文件夹；未经分析也可阅读各层面图像。</translation>
    </message>
    <message>
        <source>Notices ({0})</source>
        <translation>提示（{0}）</translation>
    </message>
    <message>
        <source>This series is not fluid-sensitive: oedema and fluid cannot be told on it, so neither is outlined nor scored. Heads and bones are outlined.</source>
        <translation>该序列对液体不敏感：无法据此判断水肿和积液，因此二者均未勾画也未评分。股骨头和骨骼已勾画。</translation>
    </message>
</context>
<context>
    <name>ScoreTable</name>
    <message>
        <source>Scores of both hips</source>
        <translation>双髋评分</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>双侧</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Choose...</source>
        <translation>选择...</translation>
    </message>
    <message>
        <source>Use default</source>
        <translation>使用默认</translation>
    </message>
    <message>
        <source>Remember opened folders, so that they open at once</source>
        <translation>记住打开过的文件夹，以便再次打开时立即显示</translation>
    </message>
    <message>
        <source>Forget opened folders</source>
        <translation>清除打开过的文件夹记录</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>阅片</translation>
    </message>
    <message>
        <source>Your name</source>
        <translation>您的姓名</translation>
    </message>
    <message>
        <source>Institution</source>
        <translation>机构</translation>
    </message>
    <message>
        <source>Computing</source>
        <translation>计算</translation>
    </message>
    <message>
        <source>Networks run on</source>
        <translation>网络运行于</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>患者库</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Opened folders</source>
        <translation>打开过的文件夹</translation>
    </message>
    <message>
        <source>Choices for scanners&apos; protocols</source>
        <translation>对扫描方案的选择</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>The report is written in English.</source>
        <translation>报告以英文撰写。</translation>
    </message>
    <message>
        <source>Verdicts and signatures are made in this name.</source>
        <translation>审阅结论和签署均使用此姓名。</translation>
    </message>
    <message>
        <source>Printed at the head of reports.</source>
        <translation>打印在报告抬头。</translation>
    </message>
    <message>
        <source>A new place takes effect when HipDesk starts again.</source>
        <translation>新位置在 HipDesk 重新启动后生效。</translation>
    </message>
    <message>
        <source>What the images&apos; headers say is kept in your user folder, names of patients included, readable by you alone.</source>
        <translation>图像文件头的内容（包括患者姓名）保存在您的用户文件夹中，仅您可读。</translation>
    </message>
    <message>
        <source>No model was found.</source>
        <translation>未找到模型。</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Whatever works (GPU where possible)</source>
        <translation>自动（优先使用 GPU）</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>GPU (CUDA)</source>
        <translation>GPU (CUDA)</translation>
    </message>
</context>
<context>
    <name>Shell</name>
    <message>
        <source>Testing the networks</source>
        <translation>正在测试网络</translation>
    </message>
    <message>
        <source>Nothing is remembered of opened folders any more.</source>
        <translation>打开过的文件夹记录已全部清除。</translation>
    </message>
    <message>
        <source>Forgetting opened folders</source>
        <translation>正在清除打开过的文件夹记录</translation>
    </message>
    <message>
        <source>The networks do not answer on this machine as they must; do not use their results. Choose another processor in the settings, or install HipDesk again.</source>
        <translation>网络在本机上的输出与预期不符；请勿使用其结果。请在设置中选择其他处理器，或重新安装 HipDesk。</translation>
    </message>
    <message>
        <source>This study states no date; without one it stays out of every trend.</source>
        <translation>该检查未注明日期；没有日期则不计入任何趋势。</translation>
    </message>
    <message>
        <source>Give a date</source>
        <translation>填写日期</translation>
    </message>
    <message>
        <source>Changing what is remembered of folders</source>
        <translation>正在更改文件夹记录的设置</translation>
    </message>
    <message>
        <source>The other library is opened at the next start.</source>
        <translation>另一患者库将在下次启动时打开。</translation>
    </message>
    <message>
        <source>A result is not in the patient library yet; close again to leave it unsaved.</source>
        <translation>有结果尚未存入患者库；再次关闭则放弃保存。</translation>
    </message>
    <message>
        <source>Save again</source>
        <translation>再次保存</translation>
    </message>
</context>
<context>
    <name>Signing</name>
    <message>
        <source>There is no analysis to sign yet.</source>
        <translation>尚无可签署的分析。</translation>
    </message>
    <message>
        <source>The analysis is not in the library, so it cannot be signed.</source>
        <translation>该分析不在患者库中，因此无法签署。</translation>
    </message>
    <message>
        <source>No hip has a result that could be signed.</source>
        <translation>没有可签署结果的髋。</translation>
    </message>
    <message>
        <source>Wait until the hip is done.</source>
        <translation>请等待该髋处理完成。</translation>
    </message>
    <message>
        <source>Finish or discard the brush strokes first.</source>
        <translation>请先完成或放弃画笔笔画。</translation>
    </message>
    <message>
        <source>Accept or reject both hips first.</source>
        <translation>请先接受或拒绝双髋。</translation>
    </message>
    <message>
        <source>Accept or reject the right hip first.</source>
        <translation>请先接受或拒绝右髋。</translation>
    </message>
    <message>
        <source>Accept or reject the left hip first.</source>
        <translation>请先接受或拒绝左髋。</translation>
    </message>
    <message>
        <source>The images are labelled with the other side: accept the hip with a note that says why, place its femoral head yourself, or reject it.</source>
        <translation>图像标注为另一侧：请附说明接受该髋，或自行放置股骨头，或将其拒绝。</translation>
    </message>
    <message>
        <source>The femoral heads were placed the wrong way round: place them anew, or reject both hips.</source>
        <translation>股骨头定位左右颠倒：请重新定位，或拒绝双侧髋。</translation>
    </message>
    <message>
        <source>The right femoral head was placed on the left side of the body: place it anew, or reject the right hip.</source>
        <translation>右侧股骨头被定位在身体左侧：请重新定位，或拒绝右髋。</translation>
    </message>
    <message>
        <source>The left femoral head was placed on the right side of the body: place it anew, or reject the left hip.</source>
        <translation>左侧股骨头被定位在身体右侧：请重新定位，或拒绝左髋。</translation>
    </message>
    <message>
        <source>This visit is not in the library, so nothing can be added to it.</source>
        <translation>该次就诊不在患者库中，因此无法添加内容。</translation>
    </message>
    <message>
        <source>This hip is signed: withdraw first.</source>
        <translation>该髋已签署：请先撤回。</translation>
    </message>
    <message>
        <source>Finish or discard the brush strokes on this hip first.</source>
        <translation>请先完成或放弃该髋的画笔笔画。</translation>
    </message>
    <message>
        <source>Enter your name to sign.</source>
        <translation>请填写姓名以签署。</translation>
    </message>
    <message>
        <source>Enter your name first.</source>
        <translation>请先填写姓名。</translation>
    </message>
    <message>
        <source>Keeping your decision</source>
        <translation>正在保存您的决定</translation>
    </message>
</context>
<context>
    <name>SigningBar</name>
    <message>
        <source>Your name</source>
        <translation>您的姓名</translation>
    </message>
    <message>
        <source>Name to sign with</source>
        <translation>签署姓名</translation>
    </message>
    <message>
        <source>Sign</source>
        <translation>签署</translation>
    </message>
    <message>
        <source>Withdraw</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Withdraw the signature, to change a verdict</source>
        <translation>撤回签署，以更改审阅结论</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>On to the report</source>
        <translation>前往报告</translation>
    </message>
    <message>
        <source>Reason (optional)</source>
        <translation>理由（可选）</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Signing</source>
        <translation>签署</translation>
    </message>
    <message>
        <source>Signed by {0}, {1}</source>
        <translation>已签署：{0}，{1}</translation>
    </message>
</context>
<context>
    <name>SliceCanvas</name>
    <message>
        <source>dimmed: earlier outlines</source>
        <translation>已变淡：先前的轮廓</translation>
    </message>
    <message>
        <source>{0}: being done again…</source>
        <translation>{0}：正在重新处理…</translation>
    </message>
    <message>
        <source>No crop on this slice; go to a slice of the hip, or place the head with R or L.</source>
        <translation>此层面没有裁剪区；请转到含髋部的层面，或用 R 或 L 定位股骨头。</translation>
    </message>
    <message>
        <source>Zoom {0} %</source>
        <translation>缩放 {0} %</translation>
    </message>
    <message>
        <source>W {0}  C {1}</source>
        <translation>W {0}  C {1}</translation>
    </message>
    <message>
        <source>MIRRORED</source>
        <translation>已镜像</translation>
    </message>
    <message>
        <source>R hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>L hip</source>
        <translation>左髋</translation>
    </message>
</context>
<context>
    <name>StripChart</name>
    <message>
        <source>Slices, with the lesions on each</source>
        <translation>层面及各层病变</translation>
    </message>
    <message>
        <source>BME, mm²</source>
        <translation>骨髓水肿，mm²</translation>
    </message>
    <message>
        <source>Effusion/synovitis, mm²</source>
        <translation>关节积液/滑膜炎，mm²</translation>
    </message>
    <message>
        <source>Counted slices</source>
        <translation>计入层面</translation>
    </message>
    <message>
        <source>Not counted</source>
        <translation>未计入</translation>
    </message>
    <message>
        <source>BME</source>
        <translation>骨髓水肿</translation>
    </message>
    <message>
        <source>Effusion</source>
        <translation>积液</translation>
    </message>
    <message>
        <source>Counted</source>
        <translation>计入</translation>
    </message>
    <message>
        <source>Make this slice the central one of the right hip</source>
        <translation>将此层设为右髋的中心层面</translation>
    </message>
    <message>
        <source>Make this slice the central one of the left hip</source>
        <translation>将此层设为左髋的中心层面</translation>
    </message>
    <message>
        <source>Central slice of the right hip as the program chose</source>
        <translation>右髋中心层面恢复为程序所选</translation>
    </message>
    <message>
        <source>Central slice of the left hip as the program chose</source>
        <translation>左髋中心层面恢复为程序所选</translation>
    </message>
    <message>
        <source>Count this slice of the right hip again</source>
        <translation>重新计入右髋此层</translation>
    </message>
    <message>
        <source>Count this slice of the left hip again</source>
        <translation>重新计入左髋此层</translation>
    </message>
    <message>
        <source>Leave this slice of the right hip out</source>
        <translation>右髋不计入此层</translation>
    </message>
    <message>
        <source>Leave this slice of the left hip out</source>
        <translation>左髋不计入此层</translation>
    </message>
    <message>
        <source>Slice {0}</source>
        <translation>层面 {0}</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>central slice, chosen by a reader</source>
        <translation>中心层面（阅片者所选）</translation>
    </message>
    <message>
        <source>central slice</source>
        <translation>中心层面</translation>
    </message>
    <message>
        <source>not part of the hip</source>
        <translation>不属于该髋</translation>
    </message>
    <message>
        <source>BME {0} mm²</source>
        <translation>骨髓水肿 {0} mm²</translation>
    </message>
    <message>
        <source>effusion {0} mm²</source>
        <translation>积液 {0} mm²</translation>
    </message>
    <message>
        <source>counted</source>
        <translation>计入</translation>
    </message>
    <message>
        <source>not counted: {0}</source>
        <translation>未计入：{0}</translation>
    </message>
    <message>
        <source>not counted</source>
        <translation>未计入</translation>
    </message>
</context>
<context>
    <name>Study</name>
    <message>
        <source>Analysing the hips</source>
        <translation>正在分析髋关节</translation>
    </message>
    <message>
        <source>The analysis of the study opened at {time} failed: {why}</source>
        <translation>{time} 打开的检查分析失败：{why}</translation>
    </message>
    <message>
        <source>The analysis was stopped; nothing of it was kept.</source>
        <translation>分析已停止；未保留任何内容。</translation>
    </message>
    <message>
        <source>Analyse again</source>
        <translation>重新分析</translation>
    </message>
    <message>
        <source>The images opened at {time} are in the library already.</source>
        <translation>{time} 打开的图像已在患者库中。</translation>
    </message>
    <message>
        <source>These images are in the library already; what was kept of them is shown.</source>
        <translation>这些图像已在患者库中；现显示已保存的内容。</translation>
    </message>
    <message>
        <source>Saving the result</source>
        <translation>正在保存结果</translation>
    </message>
    <message>
        <source>The study opened at {time} is analysed.</source>
        <translation>{time} 打开的检查已分析完成。</translation>
    </message>
    <message>
        <source>The study opened at {time} is of a new patient whose patient ID another patient in the library has, too; name and birth date do not agree, so the two are kept apart.</source>
        <translation>{time} 打开的检查属于一名新患者，其患者编号与库中另一名患者相同；因姓名和出生日期均不一致，两者分开保存。</translation>
    </message>
    <message>
        <source>Save again</source>
        <translation>再次保存</translation>
    </message>
    <message>
        <source>Opening the patient library</source>
        <translation>正在打开患者库</translation>
    </message>
    <message>
        <source>The result could not be saved in the patient library.</source>
        <translation>结果未能存入患者库。</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>The program ended before an analysis was finished.</source>
        <translation>程序在一项分析完成前已结束。</translation>
    </message>
    <message>
        <source>No folder is open.</source>
        <translation>没有打开的文件夹。</translation>
    </message>
    <message>
        <source>Looking for images</source>
        <translation>正在查找图像</translation>
    </message>
    <message>
        <source>Change...</source>
        <translation>更改...</translation>
    </message>
    <message>
        <source>Names in these images look garbled: choose their character set.</source>
        <translation>这些图像中的姓名似为乱码：请选择其字符集。</translation>
    </message>
    <message>
        <source>Choose...</source>
        <translation>选择...</translation>
    </message>
    <message>
        <source>More images of the series turned up; it is analysed again as a whole.</source>
        <translation>又发现了该序列的更多图像；现对整个序列重新分析。</translation>
    </message>
    <message>
        <source>Reading the images</source>
        <translation>正在读取图像</translation>
    </message>
    <message>
        <source>Opening the visit</source>
        <translation>正在打开就诊</translation>
    </message>
    <message>
        <source>The patient library is not open yet.</source>
        <translation>患者库尚未打开。</translation>
    </message>
</context>
<context>
    <name>TreatmentTab</name>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Dose</source>
        <translation>剂量</translation>
    </message>
    <message>
        <source>From (2024-03-05, 2024-03 or 2024)</source>
        <translation>开始（2024-03-05、2024-03 或 2024）</translation>
    </message>
    <message>
        <source>Until; empty while it goes on</source>
        <translation>结束；仍在使用则留空</translation>
    </message>
    <message>
        <source>Hip</source>
        <translation>髋</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Add treatment</source>
        <translation>添加治疗</translation>
    </message>
    <message>
        <source>Save change</source>
        <translation>保存更改</translation>
    </message>
    <message>
        <source>No treatment is on record.</source>
        <translation>尚无治疗记录。</translation>
    </message>
    <message>
        <source>from {day}</source>
        <translation>自 {day}</translation>
    </message>
    <message>
        <source>to {day}</source>
        <translation>至 {day}</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>更改</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>It was recorded by mistake; it stays in the record of changes</source>
        <translation>属误录；仍保留在更改记录中</translation>
    </message>
</context>
<context>
    <name>TrendChart</name>
    <message>
        <source>UNet-score per slice, U/n</source>
        <translation>每层 UNet 评分，U/n</translation>
    </message>
    <message>
        <source>Area score per slice, A/n</source>
        <translation>每层面积评分，A/n</translation>
    </message>
    <message>
        <source>BME volume, mL</source>
        <translation>骨髓水肿体积，mL</translation>
    </message>
    <message>
        <source>Effusion/synovitis volume, mL</source>
        <translation>关节积液/滑膜炎体积，mL</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
    <message>
        <source>not accepted</source>
        <translation>未接受</translation>
    </message>
    <message>
        <source>no score</source>
        <translation>未评分</translation>
    </message>
    <message>
        <source>with caution</source>
        <translation>谨慎比较</translation>
    </message>
    <message>
        <source>not comparable</source>
        <translation>不可比较</translation>
    </message>
    <message>
        <source>{where}: no score, because {reason}.</source>
        <translation>{where}：未评分，因为{reason}。</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>not accepted by a reader</source>
        <translation>未经阅片者接受</translation>
    </message>
    <message>
        <source>Not comparable</source>
        <translation>不可比较</translation>
    </message>
    <message>
        <source>Compare with caution</source>
        <translation>比较须谨慎</translation>
    </message>
    <message>
        <source>{first} to {last}</source>
        <translation>{first} 至 {last}</translation>
    </message>
    <message>
        <source>Click: show it as the later visit; with Shift, as the earlier one.</source>
        <translation>单击：显示为后次就诊；按住 Shift 单击：显示为前次就诊。</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>前次</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>后次</translation>
    </message>
</context>
<context>
    <name>Unfinished</name>
    <message>
        <source>Looking for unfinished brush strokes</source>
        <translation>正在查找未完成的画笔笔画</translation>
    </message>
    <message>
        <source>Brush strokes on another analysis of this visit are not finished, so they are part of no result. Finish or discard them.</source>
        <translation>该次就诊另一分析上的画笔笔画尚未完成，因此未计入任何结果。请完成或放弃。</translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>显示这些笔画</translation>
    </message>
</context>
<context>
    <name>VerdictBar</name>
    <message>
        <source>Accept</source>
        <translation>接受</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>拒绝</translation>
    </message>
    <message>
        <source>Reopen</source>
        <translation>重新审阅</translation>
    </message>
    <message>
        <source>Place the head</source>
        <translation>定位股骨头</translation>
    </message>
    <message>
        <source>Reason (optional)</source>
        <translation>理由（可选）</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Accept the right hip</source>
        <translation>接受右髋</translation>
    </message>
    <message>
        <source>Accept the left hip</source>
        <translation>接受左髋</translation>
    </message>
    <message>
        <source>Reject the right hip</source>
        <translation>拒绝右髋</translation>
    </message>
    <message>
        <source>Reject the left hip</source>
        <translation>拒绝左髋</translation>
    </message>
    <message>
        <source>Reopen the right hip</source>
        <translation>重新审阅右髋</translation>
    </message>
    <message>
        <source>Reopen the left hip</source>
        <translation>重新审阅左髋</translation>
    </message>
    <message>
        <source>Place the right femoral head</source>
        <translation>定位右侧股骨头</translation>
    </message>
    <message>
        <source>Place the left femoral head</source>
        <translation>定位左侧股骨头</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
    <message>
        <source>How the side is known</source>
        <translation>侧别的依据</translation>
    </message>
    <message>
        <source>No result yet</source>
        <translation>尚无结果</translation>
    </message>
    <message>
        <source>Being done again…</source>
        <translation>正在重新处理…</translation>
    </message>
    <message>
        <source>No result</source>
        <translation>无结果</translation>
    </message>
    <message>
        <source>Accepted, signed</source>
        <translation>已接受，已签署</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>Rejected, signed</source>
        <translation>已拒绝，已签署</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>Not reviewed</source>
        <translation>未审阅</translation>
    </message>
    <message>
        <source>{0}, revision {1}</source>
        <translation>{0}，修订 {1}</translation>
    </message>
    <message>
        <source>Withdraw the signature to change it.</source>
        <translation>如需更改，请先撤回签署。</translation>
    </message>
    <message>
        <source>An earlier accepted result still counts.</source>
        <translation>此前已接受的结果仍然有效。</translation>
    </message>
</context>
<context>
    <name>VisitCard</name>
    <message>
        <source>No date</source>
        <translation>无日期</translation>
    </message>
    <message>
        <source>Date missing</source>
        <translation>缺少日期</translation>
    </message>
    <message>
        <source>On screen</source>
        <translation>当前显示</translation>
    </message>
    <message>
        <source>Study without a description</source>
        <translation>无描述的检查</translation>
    </message>
    <message>
        <source>Nothing analysed yet</source>
        <translation>尚未分析</translation>
    </message>
    <message>
        <source>{n} slices</source>
        <translation>{n} 层</translation>
    </message>
    <message>
        <source>{n} analyses</source>
        <translation>{n} 次分析</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open the visit: {day}</source>
        <translation>打开就诊：{day}</translation>
    </message>
    <message>
        <source>Clinical...</source>
        <translation>临床…</translation>
    </message>
    <message>
        <source>Questionnaires, laboratory, treatments and HIMRISS</source>
        <translation>问卷、化验、治疗和 HIMRISS</translation>
    </message>
    <message>
        <source>Clinical record of the visit: {day}</source>
        <translation>就诊的临床记录：{day}</translation>
    </message>
    <message>
        <source>Date entered</source>
        <translation>日期为手工录入</translation>
    </message>
    <message>
        <source>Entered by {name}; the images state no date.</source>
        <translation>由 {name} 录入；图像未载明日期。</translation>
    </message>
    <message>
        <source>Brush strokes not finished</source>
        <translation>画笔笔画未完成</translation>
    </message>
    <message>
        <source>They are part of no result. Open the visit to finish or discard them.</source>
        <translation>这些笔画未计入任何结果。请打开该次就诊，完成或放弃这些笔画。</translation>
    </message>
    <message>
        <source>Its images name {who}</source>
        <translation>其图像所载患者为 {who}</translation>
    </message>
    <message>
        <source>More: {day}</source>
        <translation>更多：{day}</translation>
    </message>
    <message>
        <source>Move, split off, pair, put aside</source>
        <translation>移动、拆分、配对、搁置</translation>
    </message>
</context>
<context>
    <name>VisitPanel</name>
    <message>
        <source>This visit is being read…</source>
        <translation>正在读取该次就诊…</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>前次</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>后次</translation>
    </message>
    <message>
        <source>Earlier visit</source>
        <translation>前次就诊</translation>
    </message>
    <message>
        <source>Later visit</source>
        <translation>后次就诊</translation>
    </message>
    <message>
        <source>Shift+Left, Shift+Right</source>
        <translation>Shift+左、右方向键</translation>
    </message>
    <message>
        <source>Left, Right</source>
        <translation>左、右方向键</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>阅片</translation>
    </message>
    <message>
        <source>Open this visit in the review</source>
        <translation>在阅片中打开该次就诊</translation>
    </message>
    <message>
        <source>Review the earlier visit</source>
        <translation>审阅前次就诊</translation>
    </message>
    <message>
        <source>Review the later visit</source>
        <translation>审阅后次就诊</translation>
    </message>
    <message>
        <source>Dashed: outlines of {day}</source>
        <translation>虚线：{day} 的轮廓</translation>
    </message>
    <message>
        <source>no date</source>
        <translation>无日期</translation>
    </message>
    <message>
        <source>Right hip</source>
        <translation>右髋</translation>
    </message>
    <message>
        <source>Left hip</source>
        <translation>左髋</translation>
    </message>
</context>
<context>
    <name>WindowFields</name>
    <message>
        <source>Width</source>
        <translation>窗宽</translation>
    </message>
    <message>
        <source>Centre</source>
        <translation>窗位</translation>
    </message>
    <message>
        <source>Width of the window</source>
        <translation>窗宽</translation>
    </message>
    <message>
        <source>Centre of the window</source>
        <translation>窗位</translation>
    </message>
</context>
<context>
    <name>Windows</name>
    <message>
        <source>As the images state</source>
        <translation>按图像注明</translation>
    </message>
    <message>
        <source>Body, 1st to 99th percentile</source>
        <translation>人体，第 1 至 99 百分位</translation>
    </message>
    <message>
        <source>Wide, all signal</source>
        <translation>宽窗，全部信号</translation>
    </message>
    <message>
        <source>Marrow, up to the tissue&apos;s median</source>
        <translation>骨髓，至组织中位数</translation>
    </message>
    <message>
        <source>Fluid, above the tissue&apos;s median</source>
        <translation>液体，高于组织中位数</translation>
    </message>
</context>
<context>
    <name>actions</name>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>阅片</translation>
    </message>
    <message>
        <source>Review, brush in hand</source>
        <translation>阅片（使用画笔时）</translation>
    </message>
    <message>
        <source>Follow-up</source>
        <translation>随访</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Open folder...</source>
        <translation>打开文件夹...</translation>
    </message>
    <message>
        <source>Open file...</source>
        <translation>打开文件...</translation>
    </message>
    <message>
        <source>Series of the opened folder</source>
        <translation>所打开文件夹的序列</translation>
    </message>
    <message>
        <source>Close patient</source>
        <translation>关闭患者</translation>
    </message>
    <message>
        <source>Import clinical table (CSV)...</source>
        <translation>导入临床表格 (CSV)...</translation>
    </message>
    <message>
        <source>Back up the library...</source>
        <translation>备份患者库...</translation>
    </message>
    <message>
        <source>Check the library</source>
        <translation>检查患者库</translation>
    </message>
    <message>
        <source>Restore the library...</source>
        <translation>恢复患者库...</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Right hip: program&apos;s own result again</source>
        <translation>右髋：恢复程序自身的结果</translation>
    </message>
    <message>
        <source>Left hip: program&apos;s own result again</source>
        <translation>左髋：恢复程序自身的结果</translation>
    </message>
    <message>
        <source>Library</source>
        <translation>患者库</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>全屏</translation>
    </message>
    <message>
        <source>Keyboard and mouse</source>
        <translation>键盘与鼠标</translation>
    </message>
    <message>
        <source>About HipDesk</source>
        <translation>关于 HipDesk</translation>
    </message>
    <message>
        <source>Slice before, slice after</source>
        <translation>上一层、下一层</translation>
    </message>
    <message>
        <source>Ten slices before, after</source>
        <translation>前、后十层</translation>
    </message>
    <message>
        <source>First slice, last slice</source>
        <translation>首层、末层</translation>
    </message>
    <message>
        <source>Window presets</source>
        <translation>预设窗</translation>
    </message>
    <message>
        <source>Show or hide all masks</source>
        <translation>显示或隐藏全部分割</translation>
    </message>
    <message>
        <source>Hide all masks while held</source>
        <translation>按住时隐藏全部分割</translation>
    </message>
    <message>
        <source>Outline or fill</source>
        <translation>轮廓或填充</translation>
    </message>
    <message>
        <source>Fainter masks, stronger masks</source>
        <translation>分割减淡、加深</translation>
    </message>
    <message>
        <source>Run through the slices</source>
        <translation>连续播放层面</translation>
    </message>
    <message>
        <source>Move the crops</source>
        <translation>移动裁剪区</translation>
    </message>
    <message>
        <source>Brush for the outlines</source>
        <translation>轮廓画笔</translation>
    </message>
    <message>
        <source>With the brush: oedema, effusion, head</source>
        <translation>使用画笔时：水肿、积液、股骨头</translation>
    </message>
    <message>
        <source>With the brush: smaller, larger</source>
        <translation>使用画笔时：缩小、放大</translation>
    </message>
    <message>
        <source>With the brush: erase, or paint again</source>
        <translation>使用画笔时：擦除，或恢复添加</translation>
    </message>
    <message>
        <source>With the brush: finish</source>
        <translation>使用画笔时：完成</translation>
    </message>
    <message>
        <source>Accept the right hip, the left hip</source>
        <translation>接受右髋、左髋</translation>
    </message>
    <message>
        <source>Reject the right hip, the left hip</source>
        <translation>拒绝右髋、左髋</translation>
    </message>
    <message>
        <source>Sign</source>
        <translation>签署</translation>
    </message>
    <message>
        <source>Fit the pictures</source>
        <translation>图像适合窗口</translation>
    </message>
    <message>
        <source>Put the tool away, then fit the pictures</source>
        <translation>收起工具，再按则图像适合窗口</translation>
    </message>
    <message>
        <source>Both pictures before, after</source>
        <translation>两幅图像同时前移、后移</translation>
    </message>
    <message>
        <source>Ten steps before, after</source>
        <translation>前、后十步</translation>
    </message>
    <message>
        <source>First place, last place</source>
        <translation>首位置、末位置</translation>
    </message>
    <message>
        <source>Right picture: visit before, after</source>
        <translation>右图：上一次、下一次就诊</translation>
    </message>
    <message>
        <source>Left picture: visit before, after</source>
        <translation>左图：上一次、下一次就诊</translation>
    </message>
    <message>
        <source>Both pictures, then fit</source>
        <translation>显示两幅图像，再按则适合窗口</translation>
    </message>
    <message>
        <source>Larger pages</source>
        <translation>放大页面</translation>
    </message>
    <message>
        <source>Smaller pages</source>
        <translation>缩小页面</translation>
    </message>
    <message>
        <source>Pages as wide as there is room</source>
        <translation>页面适合宽度</translation>
    </message>
    <message>
        <source>Beginning, end of the report</source>
        <translation>报告开头、末尾</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Ctrl + 滚轮</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>Left button, drag</source>
        <translation>左键拖动</translation>
    </message>
    <message>
        <source>Window; with a tool, move a crop</source>
        <translation>窗宽窗位；使用工具时移动裁剪区</translation>
    </message>
    <message>
        <source>With the brush: left button, drag</source>
        <translation>使用画笔时：左键拖动</translation>
    </message>
    <message>
        <source>Paint; with Shift, erase; with Alt, window</source>
        <translation>添加；按住 Shift 擦除；按住 Alt 调窗</translation>
    </message>
    <message>
        <source>Middle button, drag</source>
        <translation>中键拖动</translation>
    </message>
    <message>
        <source>Move the picture</source>
        <translation>移动图像</translation>
    </message>
    <message>
        <source>Right button, drag</source>
        <translation>右键拖动</translation>
    </message>
    <message>
        <source>Right button, click</source>
        <translation>右键单击</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>双击</translation>
    </message>
    <message>
        <source>One picture large, and back</source>
        <translation>放大一幅图像，再次则返回</translation>
    </message>
    <message>
        <source>Both pictures, in millimetres</source>
        <translation>两幅图像，按毫米同步</translation>
    </message>
    <message>
        <source>Zoom of both pictures</source>
        <translation>两幅图像同时缩放</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗宽窗位</translation>
    </message>
    <message>
        <source>Click on the chart</source>
        <translation>单击图表</translation>
    </message>
    <message>
        <source>This visit on the right</source>
        <translation>在右侧显示该次就诊</translation>
    </message>
    <message>
        <source>Shift + click on the chart</source>
        <translation>Shift + 单击图表</translation>
    </message>
    <message>
        <source>This visit on the left</source>
        <translation>在左侧显示该次就诊</translation>
    </message>
    <message>
        <source>Larger or smaller pages</source>
        <translation>放大或缩小页面</translation>
    </message>
</context>
<context>
    <name>clinical_words</name>
    <message>
        <source>fatigue</source>
        <translation>疲乏</translation>
    </message>
    <message>
        <source>neck, back or hip pain</source>
        <translation>颈、背或髋部疼痛</translation>
    </message>
    <message>
        <source>pain or swelling of other joints</source>
        <translation>其他关节疼痛或肿胀</translation>
    </message>
    <message>
        <source>discomfort on touch or pressure</source>
        <translation>触痛或压痛不适</translation>
    </message>
    <message>
        <source>severity of morning stiffness</source>
        <translation>晨僵程度</translation>
    </message>
    <message>
        <source>duration of morning stiffness</source>
        <translation>晨僵时间</translation>
    </message>
    <message>
        <source>Patient&apos;s global assessment</source>
        <translation>患者总体评估</translation>
    </message>
    <message>
        <source>ESR (mm/h)</source>
        <translation>血沉（mm/h）</translation>
    </message>
    <message>
        <source>Unit of the CRP</source>
        <translation>CRP 的单位</translation>
    </message>
    <message>
        <source>Detection limit of the CRP</source>
        <translation>CRP 的检测下限</translation>
    </message>
    <message>
        <source>Symptoms since</source>
        <translation>起病时间</translation>
    </message>
    <message>
        <source>Hip pain (VAS, 0-10)</source>
        <translation>髋部疼痛（VAS，0-10）</translation>
    </message>
    <message>
        <source>Prosthesis</source>
        <translation>人工关节</translation>
    </message>
    <message>
        <source>Pain</source>
        <translation>疼痛</translation>
    </message>
    <message>
        <source>Limp</source>
        <translation>跛行</translation>
    </message>
    <message>
        <source>Support</source>
        <translation>行走辅助</translation>
    </message>
    <message>
        <source>Distance walked</source>
        <translation>行走距离</translation>
    </message>
    <message>
        <source>Stairs</source>
        <translation>上下楼梯</translation>
    </message>
    <message>
        <source>Shoes and socks</source>
        <translation>穿鞋袜</translation>
    </message>
    <message>
        <source>Sitting</source>
        <translation>坐</translation>
    </message>
    <message>
        <source>Public transport</source>
        <translation>乘公共交通</translation>
    </message>
    <message>
        <source>Absence of deformity</source>
        <translation>无畸形</translation>
    </message>
    <message>
        <source>Range of motion (points, 0-5)</source>
        <translation>活动范围（0-5 分）</translation>
    </message>
    <message>
        <source>Flexion contracture (°)</source>
        <translation>屈曲挛缩（°）</translation>
    </message>
    <message>
        <source>Fixed adduction (°)</source>
        <translation>固定内收（°）</translation>
    </message>
    <message>
        <source>Fixed internal rotation (°)</source>
        <translation>固定内旋（°）</translation>
    </message>
    <message>
        <source>Leg length difference (cm)</source>
        <translation>下肢长度差（cm）</translation>
    </message>
    <message>
        <source>a number from {low} to {high}</source>
        <translation>{low} 至 {high} 的数字</translation>
    </message>
    <message>
        <source>a number, or &lt; and the limit: 12.5 or &lt;3</source>
        <translation>数字，或 &lt; 加检测下限：12.5 或 &lt;3</translation>
    </message>
    <message>
        <source>the limit of this CRP, at most 20 mg/L</source>
        <translation>该 CRP 的检测下限，不超过 20 mg/L</translation>
    </message>
    <message>
        <source>a day, month or year not after today: 2015-07</source>
        <translation>不晚于今天的年、月或日：2015-07</translation>
    </message>
    <message>
        <source>4 points only where no deformity is measured</source>
        <translation>测量无畸形时才得 4 分</translation>
    </message>
    <message>
        <source>{change} since {day}</source>
        <translation>自 {day} 起 {change}</translation>
    </message>
    <message>
        <source>lacks {items}</source>
        <translation>缺 {items}</translation>
    </message>
    <message>
        <source>inactive disease</source>
        <translation>疾病不活动</translation>
    </message>
    <message>
        <source>low activity</source>
        <translation>低疾病活动度</translation>
    </message>
    <message>
        <source>high activity</source>
        <translation>高疾病活动度</translation>
    </message>
    <message>
        <source>very high activity</source>
        <translation>极高疾病活动度</translation>
    </message>
    <message>
        <source>excellent</source>
        <translation>优</translation>
    </message>
    <message>
        <source>good</source>
        <translation>良</translation>
    </message>
    <message>
        <source>fair</source>
        <translation>可</translation>
    </message>
    <message>
        <source>poor</source>
        <translation>差</translation>
    </message>
    <message>
        <source>active (4 or more)</source>
        <translation>活动（≥4）</translation>
    </message>
    <message>
        <source>below 4</source>
        <translation>低于 4</translation>
    </message>
    <message>
        <source>major improvement</source>
        <translation>显著改善</translation>
    </message>
    <message>
        <source>clinically important improvement</source>
        <translation>有临床意义的改善</translation>
    </message>
    <message>
        <source>no important change</source>
        <translation>无重要变化</translation>
    </message>
    <message>
        <source>worsening</source>
        <translation>恶化</translation>
    </message>
    <message>
        <source>BASDAI 50 reached</source>
        <translation>达到 BASDAI 50</translation>
    </message>
    <message>
        <source>BASDAI 50 not reached</source>
        <translation>未达到 BASDAI 50</translation>
    </message>
    <message>
        <source>Steroid</source>
        <translation>糖皮质激素</translation>
    </message>
    <message>
        <source>Injection</source>
        <translation>注射</translation>
    </message>
    <message>
        <source>Surgery</source>
        <translation>手术</translation>
    </message>
    <message>
        <source>Harris hip score</source>
        <translation>Harris 髋关节评分</translation>
    </message>
    <message>
        <source>Hip pain, VAS</source>
        <translation>髋部疼痛 VAS</translation>
    </message>
    <message>
        <source>ESR</source>
        <translation>血沉</translation>
    </message>
    <message>
        <source>mean of {n} readers</source>
        <translation>{n} 位阅片者的均值</translation>
    </message>
    <message>
        <source>other readers than on {day}, so no change is given</source>
        <translation>与 {day} 的阅片者不同，故不给出变化</translation>
    </message>
    <message>
        <source>below the detection limit, so no change is given</source>
        <translation>低于检测限，故不给出变化</translation>
    </message>
</context>
<context>
    <name>compute_badge</name>
    <message>
        <source>GPU (CUDA)</source>
        <translation>GPU (CUDA)</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Nothing computed yet</source>
        <translation>尚未计算</translation>
    </message>
    <message>
        <source>CPU instead of GPU</source>
        <translation>CPU（代替 GPU）</translation>
    </message>
    <message>
        <source>{device}, test failed</source>
        <translation>{device}，自检未通过</translation>
    </message>
    <message>
        <source>Shows where the networks ran once a series has been analysed.</source>
        <translation>分析序列后显示网络的运行位置。</translation>
    </message>
    <message>
        <source>The networks ran on: {device}.</source>
        <translation>网络运行于：{device}。</translation>
    </message>
    <message>
        <source>This analysis took {s} s.</source>
        <translation>本次分析用时 {s} 秒。</translation>
    </message>
    <message>
        <source>The self-test has not been run.</source>
        <translation>尚未进行自检。</translation>
    </message>
    <message>
        <source>The self-test gave the expected answer.</source>
        <translation>自检结果符合预期。</translation>
    </message>
    <message>
        <source>The self-test did not give the expected answer; do not use the results.</source>
        <translation>自检结果不符合预期；请勿使用其结果。</translation>
    </message>
</context>
<context>
    <name>core</name>
    <message>
        <source>the series is not fluid-sensitive (STIR or fat-suppressed), so oedema and fluid are neither outlined nor scored</source>
        <translation>该序列对液体不敏感（非 STIR 或脂肪抑制），因此水肿和积液既未勾画也未评分</translation>
    </message>
    <message>
        <source>the femoral head was not found on this series</source>
        <translation>在该序列上未找到股骨头</translation>
    </message>
    <message>
        <source>fewer than 5 slices count</source>
        <translation>计入的层面少于 5 层</translation>
    </message>
    <message>
        <source>the head&apos;s area is below a quarter of its largest</source>
        <translation>股骨头面积小于其最大面积的四分之一</translation>
    </message>
    <message>
        <source>outside the central, anterior and posterior five</source>
        <translation>位于中央、前部和后部各五层之外</translation>
    </message>
    <message>
        <source>the head is not on this slice</source>
        <translation>该层面上没有股骨头</translation>
    </message>
    <message>
        <source>the head gives no signal to relate the lesions to</source>
        <translation>股骨头没有可供病变参照的信号</translation>
    </message>
    <message>
        <source>metal or a prosthesis hides the head</source>
        <translation>金属或假体遮挡股骨头</translation>
    </message>
    <message>
        <source>not both hips are scored</source>
        <translation>并非双髋均有评分</translation>
    </message>
    <message>
        <source>the hips were measured in separate series</source>
        <translation>双髋在不同序列上测量</translation>
    </message>
    <message>
        <source>a reader rejected the outlines</source>
        <translation>阅片者拒绝了轮廓</translation>
    </message>
    <message>
        <source>a reader excluded this slice</source>
        <translation>阅片者排除了该层面</translation>
    </message>
    <message>
        <source>not fluid-sensitive</source>
        <translation>对液体不敏感</translation>
    </message>
    <message>
        <source>head not found</source>
        <translation>未找到股骨头</translation>
    </message>
    <message>
        <source>too few slices</source>
        <translation>层面过少</translation>
    </message>
    <message>
        <source>small head area</source>
        <translation>股骨头面积小</translation>
    </message>
    <message>
        <source>not chosen</source>
        <translation>未选入</translation>
    </message>
    <message>
        <source>no head</source>
        <translation>无股骨头</translation>
    </message>
    <message>
        <source>no head signal</source>
        <translation>股骨头无信号</translation>
    </message>
    <message>
        <source>metal</source>
        <translation>金属</translation>
    </message>
    <message>
        <source>other hip not scored</source>
        <translation>另一髋未评分</translation>
    </message>
    <message>
        <source>other series</source>
        <translation>另一序列</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>excluded by a reader</source>
        <translation>阅片者已排除</translation>
    </message>
    <message>
        <source>STIR</source>
        <translation>STIR</translation>
    </message>
    <message>
        <source>T2 fat-suppressed</source>
        <translation>T2 脂肪抑制</translation>
    </message>
    <message>
        <source>PD fat-suppressed</source>
        <translation>PD 脂肪抑制</translation>
    </message>
    <message>
        <source>Dixon water</source>
        <translation>Dixon 水像</translation>
    </message>
    <message>
        <source>T1</source>
        <translation>T1</translation>
    </message>
    <message>
        <source>T1 fat-suppressed</source>
        <translation>T1 脂肪抑制</translation>
    </message>
    <message>
        <source>T2</source>
        <translation>T2</translation>
    </message>
    <message>
        <source>PD</source>
        <translation>PD</translation>
    </message>
    <message>
        <source>diffusion</source>
        <translation>弥散</translation>
    </message>
    <message>
        <source>other</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>未知</translation>
    </message>
    <message>
        <source>AI</source>
        <translation>AI</translation>
    </message>
    <message>
        <source>AI + edited</source>
        <translation>AI + 修改</translation>
    </message>
    <message>
        <source>manual</source>
        <translation>手动</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>not reviewed</source>
        <translation>未审阅</translation>
    </message>
    <message>
        <source>Femoral head</source>
        <translation>股骨头</translation>
    </message>
    <message>
        <source>Proximal femur</source>
        <translation>股骨近端</translation>
    </message>
    <message>
        <source>Acetabulum</source>
        <translation>髋臼</translation>
    </message>
    <message>
        <source>Bone marrow oedema (BME)</source>
        <translation>骨髓水肿 (BME)</translation>
    </message>
    <message>
        <source>Effusion/synovitis</source>
        <translation>关节积液/滑膜炎</translation>
    </message>
    <message>
        <source>motion or ghosts</source>
        <translation>运动或伪影</translation>
    </message>
    <message>
        <source>failed fat suppression</source>
        <translation>脂肪抑制失败</translation>
    </message>
    <message>
        <source>metal or signal void</source>
        <translation>金属或信号缺失</translation>
    </message>
    <message>
        <source>another disease on this slice</source>
        <translation>该层有其他病变</translation>
    </message>
    <message>
        <source>none, or ignored</source>
        <translation>无痛，或可忽略</translation>
    </message>
    <message>
        <source>slight, occasional</source>
        <translation>轻微，偶尔</translation>
    </message>
    <message>
        <source>mild, average activities as before</source>
        <translation>轻度，一般活动不受影响</translation>
    </message>
    <message>
        <source>moderate, tolerable, with concessions</source>
        <translation>中度，可忍受，活动有所受限</translation>
    </message>
    <message>
        <source>marked, serious limitation</source>
        <translation>明显，活动严重受限</translation>
    </message>
    <message>
        <source>totally disabled, pain in bed</source>
        <translation>完全丧失能力，卧床时疼痛</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>slight</source>
        <translation>轻度</translation>
    </message>
    <message>
        <source>moderate</source>
        <translation>中度</translation>
    </message>
    <message>
        <source>severe, or unable to walk</source>
        <translation>重度，或不能行走</translation>
    </message>
    <message>
        <source>cane for long walks</source>
        <translation>长距离行走用手杖</translation>
    </message>
    <message>
        <source>cane most of the time</source>
        <translation>多数时间用手杖</translation>
    </message>
    <message>
        <source>one crutch</source>
        <translation>单拐</translation>
    </message>
    <message>
        <source>two canes</source>
        <translation>双手杖</translation>
    </message>
    <message>
        <source>two crutches, or unable to walk</source>
        <translation>双拐，或不能行走</translation>
    </message>
    <message>
        <source>unlimited</source>
        <translation>不受限</translation>
    </message>
    <message>
        <source>30 minutes</source>
        <translation>30 分钟</translation>
    </message>
    <message>
        <source>10 to 15 minutes</source>
        <translation>10 至 15 分钟</translation>
    </message>
    <message>
        <source>indoors only</source>
        <translation>仅限室内</translation>
    </message>
    <message>
        <source>bed and chair</source>
        <translation>卧床或坐椅</translation>
    </message>
    <message>
        <source>normally, without the railing</source>
        <translation>正常，不扶栏杆</translation>
    </message>
    <message>
        <source>normally, with the railing</source>
        <translation>正常，须扶栏杆</translation>
    </message>
    <message>
        <source>in any manner</source>
        <translation>勉强能上下</translation>
    </message>
    <message>
        <source>unable</source>
        <translation>不能</translation>
    </message>
    <message>
        <source>with ease</source>
        <translation>容易</translation>
    </message>
    <message>
        <source>with difficulty</source>
        <translation>困难</translation>
    </message>
    <message>
        <source>an ordinary chair for an hour</source>
        <translation>普通椅子坐一小时</translation>
    </message>
    <message>
        <source>a high chair for half an hour</source>
        <translation>高椅子坐半小时</translation>
    </message>
    <message>
        <source>no chair in comfort</source>
        <translation>坐任何椅子均不适</translation>
    </message>
    <message>
        <source>able to use public transport</source>
        <translation>能乘公共交通</translation>
    </message>
    <message>
        <source>unable to use public transport</source>
        <translation>不能乘公共交通</translation>
    </message>
    <message>
        <source>none of the four deformities</source>
        <translation>四种畸形均无</translation>
    </message>
    <message>
        <source>at least one of them</source>
        <translation>至少有一种</translation>
    </message>
    <message>
        <source>fat-suppressed T2</source>
        <translation>脂肪抑制 T2</translation>
    </message>
    <message>
        <source>fat-suppressed PD</source>
        <translation>脂肪抑制 PD</translation>
    </message>
    <message>
        <source>T1-weighted</source>
        <translation>T1 加权</translation>
    </message>
    <message>
        <source>fat-suppressed T1</source>
        <translation>脂肪抑制 T1</translation>
    </message>
    <message>
        <source>T2-weighted without fat suppression</source>
        <translation>无脂肪抑制的 T2 加权</translation>
    </message>
    <message>
        <source>PD-weighted without fat suppression</source>
        <translation>无脂肪抑制的 PD 加权</translation>
    </message>
    <message>
        <source>diffusion-weighted</source>
        <translation>弥散加权</translation>
    </message>
    <message>
        <source>of another kind</source>
        <translation>其他类型</translation>
    </message>
    <message>
        <source>of unknown contrast</source>
        <translation>未知对比</translation>
    </message>
    <message>
        <source>Unicode (UTF-8)</source>
        <translation>通用 (Unicode UTF-8)</translation>
    </message>
    <message>
        <source>Chinese (GB 18030)</source>
        <translation>中文 (GB 18030)</translation>
    </message>
    <message>
        <source>Chinese (GBK)</source>
        <translation>中文 (GBK)</translation>
    </message>
    <message>
        <source>Chinese (GB 2312 with escape sequences)</source>
        <translation>中文 (GB 2312，带转义序列)</translation>
    </message>
    <message>
        <source>Chinese (Big5)</source>
        <translation>中文 (Big5)</translation>
    </message>
    <message>
        <source>Japanese (Shift JIS)</source>
        <translation>日文 (Shift JIS)</translation>
    </message>
    <message>
        <source>Japanese (EUC)</source>
        <translation>日文 (EUC)</translation>
    </message>
    <message>
        <source>Japanese (half-width)</source>
        <translation>日文 (半角)</translation>
    </message>
    <message>
        <source>Japanese (with escape sequences)</source>
        <translation>日文 (带转义序列)</translation>
    </message>
    <message>
        <source>Korean</source>
        <translation>韩文</translation>
    </message>
    <message>
        <source>Cyrillic (ISO 8859-5)</source>
        <translation>西里尔文 (ISO 8859-5)</translation>
    </message>
    <message>
        <source>Cyrillic (Windows)</source>
        <translation>西里尔文 (Windows)</translation>
    </message>
    <message>
        <source>Cyrillic (KOI8-R)</source>
        <translation>西里尔文 (KOI8-R)</translation>
    </message>
    <message>
        <source>Greek (ISO 8859-7)</source>
        <translation>希腊文 (ISO 8859-7)</translation>
    </message>
    <message>
        <source>Greek (Windows)</source>
        <translation>希腊文 (Windows)</translation>
    </message>
    <message>
        <source>Arabic (ISO 8859-6)</source>
        <translation>阿拉伯文 (ISO 8859-6)</translation>
    </message>
    <message>
        <source>Arabic (Windows)</source>
        <translation>阿拉伯文 (Windows)</translation>
    </message>
    <message>
        <source>Hebrew (ISO 8859-8)</source>
        <translation>希伯来文 (ISO 8859-8)</translation>
    </message>
    <message>
        <source>Hebrew (Windows)</source>
        <translation>希伯来文 (Windows)</translation>
    </message>
    <message>
        <source>Thai</source>
        <translation>泰文</translation>
    </message>
    <message>
        <source>Western European (ISO 8859-1)</source>
        <translation>西欧文字 (ISO 8859-1)</translation>
    </message>
    <message>
        <source>Western European (ISO 8859-15)</source>
        <translation>西欧文字 (ISO 8859-15)</translation>
    </message>
    <message>
        <source>Central European (ISO 8859-2)</source>
        <translation>中欧文字 (ISO 8859-2)</translation>
    </message>
    <message>
        <source>Central European (Windows)</source>
        <translation>中欧文字 (Windows)</translation>
    </message>
    <message>
        <source>South European (ISO 8859-3)</source>
        <translation>南欧文字 (ISO 8859-3)</translation>
    </message>
    <message>
        <source>North European (ISO 8859-4)</source>
        <translation>北欧文字 (ISO 8859-4)</translation>
    </message>
    <message>
        <source>Turkish (ISO 8859-9)</source>
        <translation>土耳其文 (ISO 8859-9)</translation>
    </message>
    <message>
        <source>Turkish (Windows)</source>
        <translation>土耳其文 (Windows)</translation>
    </message>
    <message>
        <source>It is not a DICOM file.</source>
        <translation>不是 DICOM 文件。</translation>
    </message>
    <message>
        <source>analyse it for heads and bones without lesion scores, or open another folder</source>
        <translation>可仅分析股骨头和骨骼而不作病变评分，或打开其他文件夹</translation>
    </message>
    <message>
        <source>choose the series to be analysed, or open the folder of one patient</source>
        <translation>请选择要分析的序列，或打开单个患者的文件夹</translation>
    </message>
    <message>
        <source>stir</source>
        <translation>STIR</translation>
    </message>
    <message>
        <source>t2_fs</source>
        <translation>T2 脂肪抑制</translation>
    </message>
    <message>
        <source>pd_fs</source>
        <translation>PD 脂肪抑制</translation>
    </message>
    <message>
        <source>dixon_water</source>
        <translation>Dixon 水像</translation>
    </message>
    <message>
        <source>t1</source>
        <translation>T1</translation>
    </message>
    <message>
        <source>t1_fs</source>
        <translation>T1 脂肪抑制</translation>
    </message>
    <message>
        <source>t2</source>
        <translation>T2</translation>
    </message>
    <message>
        <source>pd</source>
        <translation>PD</translation>
    </message>
    <message>
        <source>dwi</source>
        <translation>弥散</translation>
    </message>
    <message>
        <source>coronal</source>
        <translation>冠状位</translation>
    </message>
    <message>
        <source>sagittal</source>
        <translation>矢状位</translation>
    </message>
    <message>
        <source>axial</source>
        <translation>横轴位</translation>
    </message>
    <message>
        <source>oblique</source>
        <translation>斜位</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>混合方位</translation>
    </message>
    <message>
        <source>right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Research use only - not for diagnostic or treatment decisions</source>
        <translation>仅供研究使用，不用于诊断或治疗决策</translation>
    </message>
    <message>
        <source>Draft - not reviewed</source>
        <translation>草稿 - 未审阅</translation>
    </message>
    <message>
        <source>Draft - reviewed in part</source>
        <translation>草稿 - 部分已审阅</translation>
    </message>
    <message>
        <source>Draft - reviewed, not signed</source>
        <translation>草稿 - 已审阅，未签署</translation>
    </message>
    <message>
        <source>Draft - reviewed, signed in part</source>
        <translation>草稿 - 已审阅，部分已签署</translation>
    </message>
    <message>
        <source>Trained on simulated MRI only; accuracy on patients is not known.</source>
        <translation>仅以模拟 MRI 训练；对患者的准确性未知。</translation>
    </message>
    <message>
        <source>Open growth plates are bright on STIR. The source study&apos;s patients were 18 to 65 years old.</source>
        <translation>未闭合的骺板在 STIR 上呈高信号。原研究的患者年龄为 18 至 65 岁。</translation>
    </message>
    <message>
        <source>Cannot tell bone marrow oedema of spondyloarthritis from that of avascular necrosis, fracture, infection or transient osteoporosis.</source>
        <translation>无法区分脊柱关节炎的骨髓水肿与股骨头缺血性坏死、骨折、感染或一过性骨质疏松所致的骨髓水肿。</translation>
    </message>
    <message>
        <source>Unenhanced STIR does not tell synovitis from fluid, and a healthy joint holds some fluid: this class is called effusion/synovitis and is not zero in health.</source>
        <translation>未增强的 STIR 无法区分滑膜炎与积液，而健康关节也含少量液体：因此该类别称为关节积液/滑膜炎，在健康人中也不为零。</translation>
    </message>
    <message>
        <source>The score has no validated cut-off. It ignores the scanner&apos;s gain, but not failed fat suppression, coil shading or another TE or TI.</source>
        <translation>该评分没有经验证的界值。它不受扫描仪增益影响，但受脂肪抑制失败、线圈信号不均匀以及不同 TE 或 TI 的影响。</translation>
    </message>
    <message>
        <source>1 (below 15 %)</source>
        <translation>1（低于 15 %）</translation>
    </message>
    <message>
        <source>2 (15 to below 30 %)</source>
        <translation>2（15 % 至低于 30 %）</translation>
    </message>
    <message>
        <source>3 (30 % or more)</source>
        <translation>3（30 % 或以上）</translation>
    </message>
    <message>
        <source>Reader&apos;s verdict</source>
        <translation>阅片者结论</translation>
    </message>
    <message>
        <source>None was written.</source>
        <translation>未撰写。</translation>
    </message>
    <message>
        <source>Smallest detectable change: not established. Nothing is said here on whether a change exceeds measurement noise.</source>
        <translation>最小可检测变化：尚未确立。此处不判断变化是否超过测量误差。</translation>
    </message>
    <message>
        <source>Plotted is U/n, the per-slice mean of the UNet-score, over all counted slices of each visit; changes are computed on the slices of both visits that show the same part of the hip.</source>
        <translation>图示为 U/n，即每次就诊全部计入层面的 UNet-score 层均值；变化值只用两次就诊中显示髋部同一部分的层面计算。</translation>
    </message>
    <message>
        <source>patients scanned twice</source>
        <translation>患者重复扫描</translation>
    </message>
    <message>
        <source>outlines edited twice</source>
        <translation>轮廓重复编辑</translation>
    </message>
    <message>
        <source>No trend: it needs at least two dated visits with a score, and there is one.</source>
        <translation>无趋势：至少需要两次带日期且有评分的就诊，目前只有一次。</translation>
    </message>
    <message>
        <source>No trend: no dated visit has a score.</source>
        <translation>无趋势：没有带日期且有评分的就诊。</translation>
    </message>
    <message>
        <source>This study has no usable date, so it is left out of the trend until it has one.</source>
        <translation>该检查没有可用的日期，在填写日期之前不计入趋势。</translation>
    </message>
    <message>
        <source>Drawing the outlines</source>
        <translation>正在绘制轮廓</translation>
    </message>
    <message>
        <source>Something went wrong inside HipDesk; what was saved is safe. Try again, and restart the program if it happens again. Its log says more to whoever looks after it.</source>
        <translation>HipDesk 内部出现问题；已保存的内容是安全的。请重试；若再次出现，请重新启动程序。其日志可供维护人员了解详情。</translation>
    </message>
    <message>
        <source>There is not enough memory left for this. Close other programs, and try again.</source>
        <translation>内存不足。请关闭其他程序后重试。</translation>
    </message>
    <message>
        <source>This series was asked for.</source>
        <translation>该序列由用户指定。</translation>
    </message>
    <message>
        <source>It is {words}, not MR.</source>
        <translation>类型：{words}，不是 MR。</translation>
    </message>
    <message>
        <source>of unstated modality</source>
        <translation>未注明的成像方式</translation>
    </message>
    <message>
        <source>It is a localizer or lies in several planes.</source>
        <translation>是定位像，或包含多个方位。</translation>
    </message>
    <message>
        <source>Its plane is {plane}, not coronal.</source>
        <translation>方位为{plane}，不是冠状位。</translation>
    </message>
    <message>
        <source>It is coronal{tilted}.</source>
        <translation>冠状位{tilted}。</translation>
    </message>
    <message>
        <source>, tilted by {tilt} degrees</source>
        <translation>，倾斜 {tilt} 度</translation>
    </message>
    <message>
        <source>It is fluid-sensitive ({words}).</source>
        <translation>对液体敏感（{words}）。</translation>
    </message>
    <message>
        <source>It is {words}, so lesions cannot be scored.</source>
        <translation>对比：{words}，因此无法对病变评分。</translation>
    </message>
    <message>
        <source>It is {words}, not fluid-sensitive.</source>
        <translation>对比：{words}，对液体不敏感。</translation>
    </message>
    <message>
        <source>It is computed from other series.</source>
        <translation>由其他序列计算得到。</translation>
    </message>
    <message>
        <source>It is a reformatted or secondary copy.</source>
        <translation>是重建或二次副本。</translation>
    </message>
    <message>
        <source>It has too few slices ({count}).</source>
        <translation>层面过少（{count} 层）。</translation>
    </message>
    <message>
        <source>It has {count} slices; {least} are needed for a score.</source>
        <translation>共 {count} 层；评分至少需要 {least} 层。</translation>
    </message>
    <message>
        <source>Its {count} slices span {extent} mm, unlike a hip series.</source>
        <translation>{count} 层共覆盖 {extent} mm，不像髋关节序列。</translation>
    </message>
    <message>
        <source>It has {count} slices over {extent} mm.</source>
        <translation>共 {count} 层，覆盖 {extent} mm。</translation>
    </message>
    <message>
        <source>Its field of view ({size}) is too small for a hip.</source>
        <translation>视野（{size}）过小，容不下髋关节。</translation>
    </message>
    <message>
        <source>Its field of view ({size}) holds both hips.</source>
        <translation>视野（{size}）包含双髋。</translation>
    </message>
    <message>
        <source>Its field of view ({size}) holds one hip.</source>
        <translation>视野（{size}）包含一侧髋。</translation>
    </message>
    <message>
        <source>Its pixels measure {rows} x {columns} mm.</source>
        <translation>像素大小为 {rows} x {columns} mm。</translation>
    </message>
    <message>
        <source>Its name speaks of another region.</source>
        <translation>名称指向其他部位。</translation>
    </message>
    <message>
        <source>Its name speaks of the hip or pelvis.</source>
        <translation>名称指向髋部或骨盆。</translation>
    </message>
    <message>
        <source>They are the right and left coronal {words} series of one study.</source>
        <translation>它们是同一检查的右侧和左侧冠状位 {words} 序列。</translation>
    </message>
    <message>
        <source>The files do not say its contrast, so its pixels decide: coronal, {count} slices.</source>
        <translation>文件未说明其对比度，故由像素判定：冠状位，{count} 层。</translation>
    </message>
    <message>
        <source>the only usable series</source>
        <translation>唯一可用的序列</translation>
    </message>
    <message>
        <source>the best of {count} usable series</source>
        <translation>{count} 个可用序列中最佳</translation>
    </message>
    <message>
        <source>It is {among}: coronal, {words}, {count} slices.</source>
        <translation>{among}：冠状位，{words}，{count} 层。</translation>
    </message>
    <message>
        <source>Chosen as on {when} for this protocol: coronal, {words}, {what}.</source>
        <translation>按 {when} 对此扫描方案的选择：冠状位，{words}，{what}。</translation>
    </message>
    <message>
        <source>{count} slices</source>
        <translation>{count} 层</translation>
    </message>
    <message>
        <source>right and left series</source>
        <translation>右侧和左侧序列</translation>
    </message>
    <message>
        <source>The reader says that this series is {words}; {stated}.</source>
        <translation>阅片者说明此序列为{words}；{stated}。</translation>
    </message>
    <message>
        <source>A reader said on {when} that series of this protocol are {words}; {stated}.</source>
        <translation>阅片者于 {when} 说明此扫描方案的序列为{words}；{stated}。</translation>
    </message>
    <message>
        <source>its files do not say it</source>
        <translation>文件中未注明</translation>
    </message>
    <message>
        <source>by its files it is {words}</source>
        <translation>按文件为{words}</translation>
    </message>
    <message>
        <source>The series asked for holds images of {people} patients under one UID; choose a folder with the images of one of them.</source>
        <translation>指定的序列在同一 UID 下含 {people} 名患者的图像；请选择仅含其中一名患者图像的文件夹。</translation>
    </message>
    <message>
        <source>The series asked for cannot be analysed: {why}; choose a coronal MR series.</source>
        <translation>指定的序列无法分析：{why}；请选择冠状位 MR 序列。</translation>
    </message>
    <message>
        <source>choose the folder of a hip study with a coronal STIR or fat-suppressed T2 series</source>
        <translation>请选择含冠状位 STIR 或脂肪抑制 T2 序列的髋关节检查文件夹</translation>
    </message>
    <message>
        <source>No usable image was found{cause}; {remedy}.</source>
        <translation>未找到可用的图像{cause}；{remedy}。</translation>
    </message>
    <message>
        <source>The images found are {words}, not MR; {remedy}.</source>
        <translation>找到的图像为{words}，不是 MR；{remedy}。</translation>
    </message>
    <message>
        <source>Only localizer images were found; {remedy}.</source>
        <translation>只找到定位像；{remedy}。</translation>
    </message>
    <message>
        <source>No MR series found is coronal ({plane} only); {remedy}.</source>
        <translation>找到的 MR 序列均非冠状位（仅有{plane}）；{remedy}。</translation>
    </message>
    <message>
        <source> ({count} of {files} files: {why})</source>
        <translation>（{files} 个文件中有 {count} 个：{why}）</translation>
    </message>
    <message>
        <source>The coronal series found ({words}) cannot be used: {why}; {remedy}.</source>
        <translation>找到的冠状位序列（{words}）无法使用：{why}；{remedy}。</translation>
    </message>
    <message>
        <source>The coronal series found is {words}, not fluid-sensitive (STIR or fat-suppressed T2); {remedy}.</source>
        <translation>找到的冠状位序列（{words}）对液体不敏感（非 STIR 或脂肪抑制 T2）；{remedy}。</translation>
    </message>
    <message>
        <source>It is a segmentation, not an image.</source>
        <translation>是分割结果，不是图像。</translation>
    </message>
    <message>
        <source>It is a structured report, not an image.</source>
        <translation>是结构化报告，不是图像。</translation>
    </message>
    <message>
        <source>It is a presentation state, not an image.</source>
        <translation>是显示状态，不是图像。</translation>
    </message>
    <message>
        <source>It is a list of key images, not an image.</source>
        <translation>是关键图像列表，不是图像。</translation>
    </message>
    <message>
        <source>It is a document, not an image.</source>
        <translation>是文档，不是图像。</translation>
    </message>
    <message>
        <source>It is a set of contours, not an image.</source>
        <translation>是轮廓集，不是图像。</translation>
    </message>
    <message>
        <source>It is a dose distribution, not an image.</source>
        <translation>是剂量分布，不是图像。</translation>
    </message>
    <message>
        <source>It is a registration, not an image.</source>
        <translation>是配准数据，不是图像。</translation>
    </message>
    <message>
        <source>It holds several frames but does not say where each lies.</source>
        <translation>含有多帧，但未说明各帧的位置。</translation>
    </message>
    <message>
        <source>It states {stated} frames but describes {described}; it is damaged.</source>
        <translation>注明 {stated} 帧，但只描述了 {described} 帧；文件已损坏。</translation>
    </message>
    <message>
        <source>It is the index of a disc; the images it lists are read directly.</source>
        <translation>是光盘索引；其中列出的图像会直接读取。</translation>
    </message>
    <message>
        <source>It holds no image.</source>
        <translation>不含图像。</translation>
    </message>
    <message>
        <source>It claims more pixels than any picture has; it is damaged.</source>
        <translation>所注像素数超出任何图像；文件已损坏。</translation>
    </message>
    <message>
        <source>The two visits could not be laid on each other, since the computation ended by itself; try again.</source>
        <translation>两次检查未能配准：计算意外终止；请重试。</translation>
    </message>
    <message>
        <source>It holds spectra, not an image.</source>
        <translation>其中是波谱数据，不是图像。</translation>
    </message>
    <message>
        <source>It is a colour picture, not a measured image.</source>
        <translation>是彩色图片，不是测量图像。</translation>
    </message>
    <message>
        <source>It does not say which series it belongs to.</source>
        <translation>未说明所属序列。</translation>
    </message>
    <message>
        <source>in a way unknown to the standard</source>
        <translation>标准中未定义的</translation>
    </message>
    <message>
        <source>as {syntax}</source>
        <translation> {syntax} </translation>
    </message>
    <message>
        <source>as {syntax} with {bits} bits</source>
        <translation> {syntax}（{bits} 位）</translation>
    </message>
    <message>
        <source>Its pixels are stored {known}, which this program cannot read.</source>
        <translation>像素以{known}方式存储，本程序无法读取。</translation>
    </message>
    <message>
        <source>It does not say where it lies in the patient.</source>
        <translation>未说明在患者体内的位置。</translation>
    </message>
    <message>
        <source>It does not state the size of its pixels.</source>
        <translation>未注明像素大小。</translation>
    </message>
    <message>
        <source>Its stated orientation is not possible.</source>
        <translation>所注方向不可能存在。</translation>
    </message>
    <message>
        <source>Its stated position or pixel size is not possible.</source>
        <translation>所注位置或像素大小不可能存在。</translation>
    </message>
    <message>
        <source>It repeats a slice position of its series; the first acquisition is used.</source>
        <translation>与所属序列的某一层面位置重复；采用首次采集。</translation>
    </message>
    <message>
        <source>It is damaged and cannot be read.</source>
        <translation>文件已损坏，无法读取。</translation>
    </message>
    <message>
        <source>It is not an ordinary file.</source>
        <translation>不是普通文件。</translation>
    </message>
    <message>
        <source>It cannot be opened; check the permissions.</source>
        <translation>无法打开；请检查权限。</translation>
    </message>
    <message>
        <source>It is a copy of another file of the same series.</source>
        <translation>是同一序列另一文件的副本。</translation>
    </message>
    <message>
        <source>It is not complete; is it still being copied?</source>
        <translation>文件不完整；是否仍在复制？</translation>
    </message>
    <message>
        <source>It does not answer; check the disc or the network, and open it again.</source>
        <translation>没有响应；请检查光盘或网络后重新打开。</translation>
    </message>
    <message>
        <source>It is a zip archive inside what was opened; open it by itself.</source>
        <translation>是所打开内容中的 zip 压缩包；请单独打开。</translation>
    </message>
    <message>
        <source>It is protected by a password; unpack it first.</source>
        <translation>受密码保护；请先解压。</translation>
    </message>
    <message>
        <source>It is damaged inside the archive.</source>
        <translation>在压缩包内已损坏。</translation>
    </message>
    <message>
        <source>It is the index of a disc; {count} of the images it lists are missing.</source>
        <translation>是光盘索引；其中列出的图像缺少 {count} 个。</translation>
    </message>
    <message>
        <source>{path} does not answer; check the disc or the network, and open it again.</source>
        <translation>{path} 没有响应；请检查光盘或网络后重新打开。</translation>
    </message>
    <message>
        <source>The archive {path} is damaged or not complete; copy it again.</source>
        <translation>压缩包 {path} 已损坏或不完整；请重新复制。</translation>
    </message>
    <message>
        <source>The archive {path} could not be unpacked; check that the disc with the program&apos;s own data has room and can be written.</source>
        <translation>无法解压 {path}；请检查程序数据所在磁盘是否有空间且允许写入。</translation>
    </message>
    <message>
        <source>The archive {path} would unpack to far more than images do, so it was not opened; unpack it yourself if you trust it, and open the folder.</source>
        <translation>压缩包 {path} 解压后远大于正常图像，因此未打开；若您信任它，请自行解压后打开文件夹。</translation>
    </message>
    <message>
        <source>The archive {path} is protected by a password; unpack it and open the folder.</source>
        <translation>压缩包 {path} 受密码保护；请解压后打开文件夹。</translation>
    </message>
    <message>
        <source>There is too little room on the disc to open the archive {path}; make room and open it again.</source>
        <translation>磁盘空间不足，无法打开压缩包 {path}；请释放空间后重新打开。</translation>
    </message>
    <message>
        <source>The archive {path} is packed in a way that this program does not know; unpack it and open the folder.</source>
        <translation>本程序不支持压缩包 {path} 的压缩方式；请解压后打开文件夹。</translation>
    </message>
    <message>
        <source>Nothing was named to be opened; name a folder or file.</source>
        <translation>未指定要打开的内容；请指定文件夹或文件。</translation>
    </message>
    <message>
        <source>{path} cannot be opened; check that the folder exists and may be read.</source>
        <translation>无法打开 {path}；请检查文件夹是否存在且允许读取。</translation>
    </message>
    <message>
        <source>The series claims more pixels than this program reads; a header is damaged: send the series again from the scanner or archive.</source>
        <translation>该序列所注像素数超出本程序的读取范围；文件头已损坏：请从扫描仪或归档系统重新发送该序列。</translation>
    </message>
    <message>
        <source>The image {file} is damaged and cannot be shown; send the series again from the scanner or archive.</source>
        <translation>图像 {file} 已损坏，无法显示；请从扫描仪或归档系统重新发送该序列。</translation>
    </message>
    <message>
        <source>The image {file} does not hold what its header states; send the series again from the scanner or archive.</source>
        <translation>图像 {file} 的内容与文件头不符；请从扫描仪或归档系统重新发送该序列。</translation>
    </message>
    <message>
        <source>The series {what}, so a file is probably damaged; send the series again from the scanner or archive.</source>
        <translation>该序列{what}，可能有文件损坏；请从扫描仪或归档系统重新发送该序列。</translation>
    </message>
    <message>
        <source>takes far longer to decode than its size explains</source>
        <translation>解码时间远超其大小所需</translation>
    </message>
    <message>
        <source>needs far more memory to decode than its size explains</source>
        <translation>解码所需内存远超其大小所需</translation>
    </message>
    <message>
        <source>holds an image that the decoder could not survive</source>
        <translation>含有使解码器崩溃的图像</translation>
    </message>
    <message>
        <source>Slices are missing from the series; volumes and scores may be too low for it.</source>
        <translation>该序列缺少层面；体积和评分可能因此偏低。</translation>
    </message>
    <message>
        <source>The slices are unevenly spaced; the figure is the largest deviation in percent.</source>
        <translation>层面间距不均匀；所示数值为最大偏差百分比。</translation>
    </message>
    <message>
        <source>The slices lie in different directions.</source>
        <translation>各层面方向不一致。</translation>
    </message>
    <message>
        <source>Slice positions were measured more than once; the first acquisition is used.</source>
        <translation>层面位置被多次采集；采用首次采集。</translation>
    </message>
    <message>
        <source>The series holds {stacks} stacks of slices; this is number {number}.</source>
        <translation>该序列含 {stacks} 组层面；这是第 {number} 组。</translation>
    </message>
    <message>
        <source>Images were compressed with loss; fine detail and measured values are altered.</source>
        <translation>图像经有损压缩；细节和测量值已改变。</translation>
    </message>
    <message>
        <source>The images are stored as negatives and were turned back.</source>
        <translation>图像以负片形式存储，已还原。</translation>
    </message>
    <message>
        <source>The files contradict themselves on how the patient lay; sides follow the slices&apos; geometry: make sure that right and left are right.</source>
        <translation>文件中关于患者体位的信息互相矛盾；左右侧按层面几何确定：请确认左右无误。</translation>
    </message>
    <message>
        <source>Names or descriptions look garbled, as if the files stated a wrong character set{guess}: open the images again with the right one.</source>
        <translation>姓名或描述疑似乱码，文件可能注明了错误的字符集{guess}：请以正确的字符集重新打开图像。</translation>
    </message>
    <message>
        <source>; it may be {names}</source>
        <translation>；可能是 {names}</translation>
    </message>
    <message>
        <source>Files that are copies of others of the series were left out.</source>
        <translation>已略过与序列中其他文件重复的副本。</translation>
    </message>
    <message>
        <source>The series is named STIR, but its inversion time of {ti} ms does not null fat.</source>
        <translation>序列名为 STIR，但其反转时间 {ti} ms 并不抑制脂肪。</translation>
    </message>
    <message>
        <source>The series is named STIR, but its TR of {tr} ms and TE of {te} ms are those of T1-weighted images; check its contrast before using the result.</source>
        <translation>序列名为 STIR，但其 TR {tr} ms 和 TE {te} ms 属于 T1 加权图像；使用结果前请核对其对比。</translation>
    </message>
    <message>
        <source>The series&apos; name does not say STIR, but its inversion time of {ti} ms does; check its contrast before using the result.</source>
        <translation>序列名未注明 STIR，但其反转时间 {ti} ms 符合 STIR；使用结果前请核对其对比。</translation>
    </message>
    <message>
        <source>The {side} hip was analysed from the other series{named}.</source>
        <translation>{side}髋由另一序列{named}分析。</translation>
    </message>
    <message>
        <source>The images do not state how thick the slices are, so thickness and gaps were not checked; slices lie {step} mm apart.</source>
        <translation>图像未注明层厚，因此未核查层厚和层间间隙；相邻层面中心相距 {step} mm。</translation>
    </message>
    <message>
        <source>A reader made slice {count} the central one of the {side} hip.</source>
        <translation>阅片者将第 {count} 层设为{side}髋的中心层面。</translation>
    </message>
    <message>
        <source>A reader left {slices} of the {side} hip out of the score.</source>
        <translation>阅片者将{side}髋的{slices}排除在评分之外。</translation>
    </message>
    <message>
        <source>{volume} mL of the {side} hip&apos;s oedema lies outside the outlined bones; check it.</source>
        <translation>{side}髋有 {volume} mL 水肿位于已勾画的骨之外；请核对。</translation>
    </message>
    <message>
        <source>one slice</source>
        <translation>1 个层面</translation>
    </message>
    <message>
        <source>{side} hip: see the other series{named}; its figures are in the table.</source>
        <translation>{side}髋：见另一序列{named}；其数值见表中。</translation>
    </message>
    <message>
        <source>{side} hip: see the other series{named}; its figures are in the table; its femoral head was placed by a reader.</source>
        <translation>{side}髋：见另一序列{named}；其数值见表中；其股骨头由阅片者定位。</translation>
    </message>
    <message>
        <source>Smallest detectable change of U/n about {level}, {kind}: {value}, from {pairs} pairs of this site; it grows with U/n.</source>
        <translation>U/n 的最小可检测变化（U/n 约为 {level} 时，{kind}）：{value}，由本单位 {pairs} 对得出；它随 U/n 增大。</translation>
    </message>
    <message>
        <source>its database server does not answer, or refuses; check the network, and the address with name, password and database.</source>
        <translation>其数据库服务器没有响应或拒绝连接；请检查网络，以及地址中的用户名、密码和数据库。</translation>
    </message>
    <message>
        <source>The images in the patient library are not those that were analysed, so {so}; restore the library from a copy.</source>
        <translation>患者库中的图像不是当初分析的图像，因此{so}；请用副本恢复患者库。</translation>
    </message>
    <message>
        <source>The images that were analysed are missing from the patient library, so {so}; restore the library from a copy.</source>
        <translation>患者库中缺少当初分析的图像，因此{so}；请用副本恢复患者库。</translation>
    </message>
    <message>
        <source>they are not analysed again</source>
        <translation>不再重新分析</translation>
    </message>
    <message>
        <source>This visit was put aside; bring it back in the library to open it.</source>
        <translation>此次就诊已搁置；请先在患者库中恢复后再打开。</translation>
    </message>
    <message>
        <source>The patient library cannot be trusted: {what}; restore it from a copy.</source>
        <translation>患者库不可信：{what}；请从副本恢复。</translation>
    </message>
    <message>
        <source> (&apos;{description}&apos;)</source>
        <translation>（“{description}”）</translation>
    </message>
    <message>
        <source>by the clinical record this hip is a prosthesis</source>
        <translation>临床记录显示该髋为人工关节</translation>
    </message>
    <message>
        <source>prosthesis</source>
        <translation>人工关节</translation>
    </message>
    <message>
        <source>analyse the coronal series if it shows the hips, or open another folder</source>
        <translation>如果冠状位序列显示髋关节，请分析该序列，或打开其他文件夹</translation>
    </message>
    <message>
        <source>Images of {people} patients were found; {remedy}.</source>
        <translation>找到 {people} 位患者的图像；{remedy}。</translation>
    </message>
    <message>
        <source>Images of {people} patients were found; make sure that this result is of the patient you mean.</source>
        <translation>找到 {people} 位患者的图像；请确认此结果属于您所指的患者。</translation>
    </message>
    <message>
        <source>preferred, unless only another series shows lesions</source>
        <translation>优先选择，除非只有其他序列可显示病灶</translation>
    </message>
    <message>
        <source>It claims more frames than any examination of a hip has.</source>
        <translation>所注帧数超出任何髋关节检查。</translation>
    </message>
    <message>
        <source>Its frames differ more than those of any examination; it is damaged.</source>
        <translation>各帧之间的差异超出任何检查；文件已损坏。</translation>
    </message>
    <message>
        <source>It holds more header entries than any image has; it is damaged.</source>
        <translation>文件头条目数超出任何图像；文件已损坏。</translation>
    </message>
    <message>
        <source>The archive {path} holds no file; copy it again or choose another.</source>
        <translation>压缩包 {path} 中没有文件；请重新复制或选择其他压缩包。</translation>
    </message>
    <message>
        <source>The images do not state the {words}, so this visit was not joined to earlier ones of the same person in the library.</source>
        <translation>图像未注明{words}，因此该次就诊未与患者库中同一人的既往就诊合并。</translation>
    </message>
    <message>
        <source>issuer of the patient ID</source>
        <translation>患者 ID 签发机构</translation>
    </message>
    <message>
        <source>patient ID</source>
        <translation>患者 ID</translation>
    </message>
    <message>
        <source>birth date</source>
        <translation>出生日期</translation>
    </message>
    <message>
        <source>sex</source>
        <translation>性别</translation>
    </message>
    <message>
        <source>The models were trained on simulated MRI only; their accuracy on patients is not known, so look at every outline.</source>
        <translation>模型仅以模拟 MRI 训练；对患者的准确性未知，请逐一核对轮廓。</translation>
    </message>
    <message>
        <source>simulated MRI</source>
        <translation>模拟 MRI</translation>
    </message>
    <message>
        <source>CUDA was asked for, but the CPU was used{cause}.</source>
        <translation>已请求 CUDA，但使用了 CPU{cause}。</translation>
    </message>
    <message>
        <source>CUDA was requested; the {provider} computed this{cause}</source>
        <translation>已请求 CUDA；实际由 {provider} 计算{cause}</translation>
    </message>
    <message>
        <source>: {why}</source>
        <translation>：{why}</translation>
    </message>
    <message>
        <source>Slices lie {step} mm apart; small lesions can fall between them.</source>
        <translation>层间距为 {step} mm；小病变可能落在层面之间。</translation>
    </message>
    <message>
        <source>Slices are {thickness} mm thick; small lesions can be lost in them.</source>
        <translation>层厚 {thickness} mm；小病灶可能漏显。</translation>
    </message>
    <message>
        <source>Between slices {gap} % of their thickness is not imaged; small lesions can fall between them.</source>
        <translation>层间有层厚 {gap} % 的部分未成像；小病灶可能落在层间。</translation>
    </message>
    <message>
        <source>Pixels measure {pixel} mm; outlines are less exact than on usual hip MRI.</source>
        <translation>像素大小为 {pixel} mm；轮廓不如常规髋关节 MRI 精确。</translation>
    </message>
    <message>
        <source>Slices are tilted {tilt} degrees off the coronal plane; scores may differ from those of coronal slices.</source>
        <translation>层面偏离冠状面 {tilt} 度；评分可能与冠状位层面不同。</translation>
    </message>
    <message>
        <source>The patient&apos;s age is unknown; the score was made for adults.</source>
        <translation>患者年龄未知；该评分针对成人。</translation>
    </message>
    <message>
        <source>The patient is {age} years old; the score was studied from {low} to {high} years.</source>
        <translation>患者年龄为 {age} 岁；该评分的研究范围为 {low} 至 {high} 岁。</translation>
    </message>
    <message>
        <source>both hips were</source>
        <translation>双髋</translation>
    </message>
    <message>
        <source>the {side} hip was</source>
        <translation>{side}髋</translation>
    </message>
    <message>
        <source>The images are labelled {side}, but {shown} found; check the side before using the result.</source>
        <translation>图像标注为{side}侧，但找到的是{shown}；使用结果前请核对左右侧。</translation>
    </message>
    <message>
        <source>The {source} says {side}, but the {other} says {other_side}; check the side before using the result.</source>
        <translation>{source}注明为{side}侧，但{other}注明为{other_side}侧；使用结果前请核对左右侧。</translation>
    </message>
    <message>
        <source>laterality tag</source>
        <translation>侧别标签</translation>
    </message>
    <message>
        <source>series description</source>
        <translation>序列描述</translation>
    </message>
    <message>
        <source>protocol name</source>
        <translation>方案名称</translation>
    </message>
    <message>
        <source>body part</source>
        <translation>检查部位</translation>
    </message>
    <message>
        <source>study description</source>
        <translation>检查描述</translation>
    </message>
    <message>
        <source>The {side} femoral head lies {across} mm to the {other_side} of the scanner&apos;s middle; check the side before using the result.</source>
        <translation>{side}侧股骨头位于扫描仪中心偏{other_side} {across} mm 处；使用结果前请核对左右侧。</translation>
    </message>
    <message>
        <source>The {source} says {side}, but the {other_source} says {other_side}; check the side before using the result.</source>
        <translation>{source}为{side}，而{other_source}为{other_side}；使用结果前请核对侧别。</translation>
    </message>
    <message>
        <source>{what}; check the sides before using them.</source>
        <translation>{what}；使用前请核对左右侧。</translation>
    </message>
    <message>
        <source>The femoral heads were placed the wrong way round, or on one side of the body</source>
        <translation>股骨头定位左右颠倒，或位于身体同一侧</translation>
    </message>
    <message>
        <source>The {side} femoral head was placed on the {other_side} side of the body</source>
        <translation>{side}侧股骨头被定位在身体{other_side}侧</translation>
    </message>
    <message>
        <source>The series&apos; name or body part speaks of another region than the hip; check that these are the images you meant.</source>
        <translation>序列名称或检查部位指向髋部以外的区域；请确认这是您要的图像。</translation>
    </message>
    <message>
        <source>The {side} femoral head was not found, so that hip has no result.</source>
        <translation>未找到{side}侧股骨头，因此该髋没有结果。</translation>
    </message>
    <message>
        <source>A reader rejected the outlines of the {side} hip; it has no result.</source>
        <translation>阅片者拒绝了{side}髋的轮廓；该髋没有结果。</translation>
    </message>
    <message>
        <source>The {side} femoral head was placed by a reader.</source>
        <translation>{side}侧股骨头由阅片者定位。</translation>
    </message>
    <message>
        <source>The {side} femoral head reaches the edge of the picture, so part of the hip is missing from the result.</source>
        <translation>{side}股骨头到达图像边缘，结果中缺少该髋的一部分。</translation>
    </message>
    <message>
        <source>The {side} femoral head gives no signal, as metal or a prosthesis leaves it, so that hip has no result.</source>
        <translation>{side}股骨头无信号，如金属或假体所致，因此该髋无结果。</translation>
    </message>
    <message>
        <source>{void} % of the {side} femoral head gives no signal; look for metal or dead bone before using the result.</source>
        <translation>{side}股骨头有 {void} % 无信号；使用结果前请检查有无金属或死骨。</translation>
    </message>
    <message>
        <source>The pictures repeat themselves displaced ({ghost} % alike), as movement leaves them; look for ghosts over the hips.</source>
        <translation>图像出现移位重影（相似度 {ghost} %），如运动所致；请检查髋部有无伪影。</translation>
    </message>
    <message>
        <source>In {share} % of the pictured body fat looks brighter than elsewhere, as failed fat suppression leaves it; take no bright fat or marrow there for oedema.</source>
        <translation>图像所示躯体中有 {share} % 的区域脂肪信号高于别处，如脂肪抑制失败所致；请勿将该处的高信号脂肪或骨髓当作水肿。</translation>
    </message>
    <message>
        <source>The files do not say how the series is weighted; by its pixels fat is {shown}. Check its contrast before using the result.</source>
        <translation>文件未说明该序列的加权方式；按像素判断，脂肪{shown}。使用结果前请核对其对比度。</translation>
    </message>
    <message>
        <source>suppressed</source>
        <translation>已被抑制</translation>
    </message>
    <message>
        <source>not suppressed</source>
        <translation>未被抑制</translation>
    </message>
    <message>
        <source>{what}; check its contrast before using the result.</source>
        <translation>{what}；使用结果前请核对其对比度。</translation>
    </message>
    <message>
        <source>The headers call the series fat-suppressed, but fat is bright on it</source>
        <translation>文件头称该序列为脂肪抑制，但其脂肪呈高信号</translation>
    </message>
    <message>
        <source>The headers do not call the series fat-suppressed, but fat is dark on it</source>
        <translation>文件头未称该序列为脂肪抑制，但其脂肪呈低信号</translation>
    </message>
    <message>
        <source>A reader calls the series fluid-sensitive, but fat is bright on it</source>
        <translation>阅片者称此序列为液体敏感序列，但其上脂肪呈高信号</translation>
    </message>
    <message>
        <source>The {side} femoral head was found with low confidence; check its outline.</source>
        <translation>{side}侧股骨头的定位置信度低；请核对其轮廓。</translation>
    </message>
    <message>
        <source>Only {count} slices show the {side} femoral head.</source>
        <translation>仅 {count} 层显示{side}侧股骨头。</translation>
    </message>
    <message>
        <source>The {side} femoral head reaches the first or last slice of the series, so part of it may be missing; its volumes and shares cover the imaged part only.</source>
        <translation>{side}侧股骨头到达序列的首层或末层，可能未完整成像；其体积和占比仅涵盖已成像部分。</translation>
    </message>
    <message>
        <source>UNet-score U, intensity</source>
        <translation>UNet 评分 U（信号强度）</translation>
    </message>
    <message>
        <source>U per slice, U/n</source>
        <translation>每层 U，U/n</translation>
    </message>
    <message>
        <source>of U: {words}</source>
        <translation>其中 U：{words}</translation>
    </message>
    <message>
        <source>UNet-score A, area</source>
        <translation>UNet 评分 A（面积）</translation>
    </message>
    <message>
        <source>A per slice, A/n</source>
        <translation>每层 A，A/n</translation>
    </message>
    <message>
        <source>of A: {words}</source>
        <translation>其中 A：{words}</translation>
    </message>
    <message>
        <source>BME</source>
        <translation>骨髓水肿</translation>
    </message>
    <message>
        <source>effusion/synovitis</source>
        <translation>关节积液/滑膜炎</translation>
    </message>
    <message>
        <source>Slices counted, n</source>
        <translation>计入层数 n</translation>
    </message>
    <message>
        <source>BME volume</source>
        <translation>骨髓水肿体积</translation>
    </message>
    <message>
        <source>Effusion/synovitis volume</source>
        <translation>关节积液/滑膜炎体积</translation>
    </message>
    <message>
        <source>Femoral head volume</source>
        <translation>股骨头体积</translation>
    </message>
    <message>
        <source>BME within the head, of head volume</source>
        <translation>骨髓水肿占股骨头体积</translation>
    </message>
    <message>
        <source>Band after Han 2021, exploratory</source>
        <translation>Han 2021 分级（探索性）</translation>
    </message>
    <message>
        <source>Final - signed by {names}, {when}</source>
        <translation>终稿 - 已由 {names} 签署，{when}</translation>
    </message>
    <message>
        <source>a reader without a name</source>
        <translation>未具名的阅片者</translation>
    </message>
    <message>
        <source>{side} hip: no score, because {why}.</source>
        <translation>{side}髋：未评分，因为{why}。</translation>
    </message>
    <message>
        <source>{day}, {side} hip: no score, because {why}.</source>
        <translation>{day}，{side}髋：未评分，因为{why}。</translation>
    </message>
    <message>
        <source>{why} (here {count})</source>
        <translation>{why}（此处为 {count}）</translation>
    </message>
    <message>
        <source>{side} hip: not part of this series.</source>
        <translation>{side}髋：不在该序列中。</translation>
    </message>
    <message>
        <source>Both hips: no total, because {why}.</source>
        <translation>双髋：无总分，因为{why}。</translation>
    </message>
    <message>
        <source>{side} hip: see the other series{named}.</source>
        <translation>{side}髋：见另一序列{named}。</translation>
    </message>
    <message>
        <source>, {description}</source>
        <translation>，{description}</translation>
    </message>
    <message>
        <source>The score&apos;s definition was not recorded.</source>
        <translation>未记录评分的定义。</translation>
    </message>
    <message>
        <source>The scores follow different definitions.</source>
        <translation>两次评分的定义不同。</translation>
    </message>
    <message>
        <source>The masks come from different models.</source>
        <translation>分割来自不同的模型。</translation>
    </message>
    <message>
        <source>The heads were found by different models.</source>
        <translation>股骨头由不同的模型定位。</translation>
    </message>
    <message>
        <source>The series have different kinds of contrast: {kinds}.</source>
        <translation>序列的对比类型不同：{kinds}。</translation>
    </message>
    <message>
        <source>The slices are {earlier} mm and {later} mm apart, more than 10 % different.</source>
        <translation>层间距分别为 {earlier} mm 和 {later} mm，相差超过 10 %。</translation>
    </message>
    <message>
        <source>The pixel sizes differ by more than 10 %.</source>
        <translation>像素大小相差超过 10 %。</translation>
    </message>
    <message>
        <source>The scanners differ.</source>
        <translation>扫描仪不同。</translation>
    </message>
    <message>
        <source>One visit does not state its field strength.</source>
        <translation>有一次就诊未注明场强。</translation>
    </message>
    <message>
        <source>The field strengths differ: {earlier} T, {later} T.</source>
        <translation>场强不同：{earlier} T、{later} T。</translation>
    </message>
    <message>
        <source>One visit does not state its {time}.</source>
        <translation>有一次就诊未注明{time}。</translation>
    </message>
    <message>
        <source>The {time} differs: {earlier} ms, {later} ms.</source>
        <translation>{time}不同：{earlier} ms、{later} ms。</translation>
    </message>
    <message>
        <source>echo time</source>
        <translation>回波时间 (TE)</translation>
    </message>
    <message>
        <source>inversion time</source>
        <translation>反转时间 (TI)</translation>
    </message>
    <message>
        <source>repetition time</source>
        <translation>重复时间 (TR)</translation>
    </message>
    <message>
        <source>pulse sequence</source>
        <translation>脉冲序列</translation>
    </message>
    <message>
        <source>The pulse sequences differ.</source>
        <translation>脉冲序列不同。</translation>
    </message>
    <message>
        <source>Of the slices that count, only {earlier} and {later} show the same part of the hip; {least} at each visit are needed.</source>
        <translation>计入的层面中，仅有 {earlier} 层和 {later} 层显示髋关节的同一部分；每次就诊至少需要 {least} 层。</translation>
    </message>
    <message>
        <source>The visits show different parts of the hip: {earlier} of {counted} and {later} of {others} counted slices lie in the part that both show.</source>
        <translation>两次就诊显示髋关节的不同部分：计入的 {counted} 层中有 {earlier} 层、{others} 层中有 {later} 层位于两者共同显示的部分。</translation>
    </message>
    <message>
        <source>A reader excluded slices of one visit or both.</source>
        <translation>阅片者排除了一次或两次就诊的部分层面。</translation>
    </message>
    <message>
        <source>At one visit or both, this may be the other hip.</source>
        <translation>其中一次或两次就诊中，这可能是另一侧髋。</translation>
    </message>
    <message>
        <source>Smallest detectable change of U/n, {kind}: not established; {pairs} of at least {least} pairs that vary.</source>
        <translation>U/n 的最小可检测变化（{kind}）：尚未确定；已有 {pairs} 对，至少需要 {least} 对有差异的配对。</translation>
    </message>
    <message>
        <source>Smallest detectable change of U/n, {kind}: {value}, from {pairs} pairs of this site.</source>
        <translation>U/n 的最小可检测变化（{kind}）：{value}，由本单位 {pairs} 对得出。</translation>
    </message>
    <message>
        <source>The change of U/n exceeds the smallest detectable change of {value} ({kind}, {pairs} pairs).</source>
        <translation>U/n 的变化超过最小可检测变化 {value}（{kind}，{pairs} 对）。</translation>
    </message>
    <message>
        <source>The change of U/n does not exceed the smallest detectable change of {value} ({kind}, {pairs} pairs).</source>
        <translation>U/n 的变化未超过最小可检测变化 {value}（{kind}，{pairs} 对）。</translation>
    </message>
    <message>
        <source>The slices of the two visits are not matched by position.</source>
        <translation>两次就诊的层面未按位置匹配。</translation>
    </message>
    <message>
        <source>Matched slices: {earlier} and {later}, from {low} to {high} mm of the head centre.</source>
        <translation>匹配层面：{earlier} 层与 {later} 层，距股骨头中心 {low} 至 {high} mm。</translation>
    </message>
    <message>
        <source>A visit without a date gives no change; give it its date first.</source>
        <translation>没有日期的就诊不给出变化值；请先填写其日期。</translation>
    </message>
    <message>
        <source>U/n on matched slices</source>
        <translation>匹配层面的 U/n</translation>
    </message>
    <message>
        <source>A/n on matched slices</source>
        <translation>匹配层面的 A/n</translation>
    </message>
    <message>
        <source>Slices matched</source>
        <translation>匹配层面数</translation>
    </message>
    <message>
        <source>One result was computed on the CPU, the other on a GPU.</source>
        <translation>一个结果由 CPU 计算，另一个由 GPU 计算。</translation>
    </message>
    <message>
        <source>The masks of one visit were edited or drawn by a reader.</source>
        <translation>有一次就诊的分割经阅片者修改或绘制。</translation>
    </message>
    <message>
        <source>The numbers of counted slices differ: {earlier}, {later}.</source>
        <translation>计入层数不同：{earlier}、{later}。</translation>
    </message>
    <message>
        <source>The slices of the two visits are tilted by {angle} degrees against each other; away from the head centre, slices side by side do not show the same place.</source>
        <translation>两次就诊的层面相互倾斜 {angle} 度；远离股骨头中心处，并列的层面并非同一位置。</translation>
    </message>
    <message>
        <source>Looking for images</source>
        <translation>正在查找图像</translation>
    </message>
    <message>
        <source>Reading headers</source>
        <translation>正在读取文件头</translation>
    </message>
    <message>
        <source>Reading images</source>
        <translation>正在读取图像</translation>
    </message>
    <message>
        <source>Finding the femoral heads</source>
        <translation>正在定位股骨头</translation>
    </message>
    <message>
        <source>Measuring the marrow signal</source>
        <translation>正在测量骨髓信号</translation>
    </message>
    <message>
        <source>Outlining the {side} hip</source>
        <translation>正在勾画{side}髋</translation>
    </message>
    <message>
        <source>No femoral head was found on this series; choose a coronal series that shows the hips, or check the folder.</source>
        <translation>在该序列上未找到股骨头；请选择显示髋关节的冠状位序列，或检查文件夹。</translation>
    </message>
    <message>
        <source>The femoral heads give no signal on this series; choose another series.</source>
        <translation>股骨头在该序列上没有信号；请选择其他序列。</translation>
    </message>
    <message>
        <source>Metal or a prosthesis hides the femoral heads on this series, so no hip can be scored.</source>
        <translation>此序列上金属或假体遮挡了股骨头，因此没有可评分的髋。</translation>
    </message>
    <message>
        <source>The {side} femoral head was placed outside the series; place it on the images.</source>
        <translation>{side}侧股骨头被定位在序列之外；请在图像上定位。</translation>
    </message>
    <message>
        <source>There is no signal where the {side} femoral head was placed; place it on the femoral head.</source>
        <translation>{side}侧股骨头的定位处没有信号；请定位在股骨头上。</translation>
    </message>
    <message>
        <source>CUDA crashed in the self-test, so it is not used.</source>
        <translation>CUDA 在自检中崩溃，因此未使用。</translation>
    </message>
    <message>
        <source>The self-test of CUDA did not end in time, so it is not used.</source>
        <translation>CUDA 自检未按时结束，因此未使用。</translation>
    </message>
    <message>
        <source>CUDA gave other results than the processor in the self-test.</source>
        <translation>自检中 CUDA 的结果与处理器不同。</translation>
    </message>
    <message>
        <source>CUDA failed while running, so the rest ran on the processor.</source>
        <translation>CUDA 在运行中失败，其余部分改由处理器运行。</translation>
    </message>
    <message>
        <source>CUDA could not be started: its libraries are missing or do not match.</source>
        <translation>无法启动 CUDA：缺少相关库或版本不符。</translation>
    </message>
    <message>
        <source>CUDA could not be started on this machine.</source>
        <translation>无法在本机启动 CUDA。</translation>
    </message>
    <message>
        <source>This installation of ONNX Runtime has no CUDA.</source>
        <translation>所安装的 ONNX Runtime 不含 CUDA。</translation>
    </message>
    <message>
        <source>This machine has no NVIDIA driver.</source>
        <translation>本机没有 NVIDIA 驱动程序。</translation>
    </message>
    <message>
        <source>There is no model called &apos;{model}&apos;; install HipDesk again, or put the model into a folder and set HIPDESK_MODELS to it.</source>
        <translation>没有名为“{model}”的模型；请重新安装 HipDesk，或将模型放入文件夹并把 HIPDESK_MODELS 设为该文件夹。</translation>
    </message>
    <message>
        <source>HIPDESK_MODELS names {path}, which is not a folder; correct it or unset it.</source>
        <translation>HIPDESK_MODELS 所指的 {path} 不是文件夹；请更正或取消该设置。</translation>
    </message>
    <message>
        <source>The description of the model &apos;{model}&apos; cannot be read; install the model again.</source>
        <translation>无法读取模型“{model}”的说明；请重新安装该模型。</translation>
    </message>
    <message>
        <source>The file of the model &apos;{model}&apos; cannot be read; install the model again.</source>
        <translation>无法读取模型“{model}”的文件；请重新安装该模型。</translation>
    </message>
    <message>
        <source>The file of the model &apos;{model}&apos; differs from the one that was released and is not used; install the model again.</source>
        <translation>模型“{model}”的文件与发布版本不同，因此未使用；请重新安装该模型。</translation>
    </message>
    <message>
        <source>The model &apos;{model}&apos; does not fit its description; install the model again.</source>
        <translation>模型“{model}”与其说明不符；请重新安装该模型。</translation>
    </message>
    <message>
        <source>The model &apos;{model}&apos; cannot be run on this machine; close other programs to free memory, or install the model again.</source>
        <translation>模型“{model}”无法在本机运行；请关闭其他程序以释放内存，或重新安装该模型。</translation>
    </message>
    <message>
        <source>The model {model} cannot be used for the task &apos;{task}&apos;; choose another model or install the one delivered with the program.</source>
        <translation>模型 {model} 不能用于任务“{task}”；请选择其他模型，或安装随程序提供的模型。</translation>
    </message>
    <message>
        <source>The chosen model needs bone outlines of another model first; choose a model that outlines bones and lesions together.</source>
        <translation>所选模型需要先由另一模型勾画骨骼；请选择同时勾画骨骼和病变的模型。</translation>
    </message>
    <message>
        <source>The patient library could not be opened: {why}</source>
        <translation>无法打开患者库：{why}</translation>
    </message>
    <message>
        <source>The patient library could not be read: {why}</source>
        <translation>无法读取患者库：{why}</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: {why}</source>
        <translation>未向患者库保存任何内容：{why}</translation>
    </message>
    <message>
        <source>The patient library could not be closed: {why}</source>
        <translation>无法关闭患者库：{why}</translation>
    </message>
    <message>
        <source>the disk is full; free some space and try again.</source>
        <translation>磁盘已满；请释放空间后重试。</translation>
    </message>
    <message>
        <source>its folder or disk may not be written to; choose another folder or have it permitted.</source>
        <translation>没有写入其文件夹或磁盘的权限；请选择其他文件夹或获取权限。</translation>
    </message>
    <message>
        <source>another program is using it; close that program and try again.</source>
        <translation>另一程序正在使用；请关闭该程序后重试。</translation>
    </message>
    <message>
        <source>its database is damaged; nothing was changed, restore it from a copy.</source>
        <translation>数据库已损坏；未作任何更改，请从备份恢复。</translation>
    </message>
    <message>
        <source>a folder or file is missing; check that its disk is connected and try again.</source>
        <translation>缺少文件夹或文件；请检查磁盘连接后重试。</translation>
    </message>
    <message>
        <source>the place named is not a HipDesk library; name its folder, or a new one.</source>
        <translation>所指位置不是 HipDesk 患者库；请指定其文件夹或新文件夹。</translation>
    </message>
    <message>
        <source>the result contradicts what is already stored there.</source>
        <translation>该结果与已存储的内容矛盾。</translation>
    </message>
    <message>
        <source>its disk or database server reported a fault; check both and try again.</source>
        <translation>磁盘或数据库服务器报告故障；请检查后重试。</translation>
    </message>
    <message>
        <source>The patient library could not be opened: its address is wrong, or the program lacks the driver for such a server.</source>
        <translation>无法打开患者库：地址有误，或程序缺少该服务器的驱动。</translation>
    </message>
    <message>
        <source>The patient library could not be opened: its database belongs to another program.</source>
        <translation>无法打开患者库：其数据库属于另一程序。</translation>
    </message>
    <message>
        <source>The patient library could not be opened: a newer version of the program has worked with it; install that version or choose another library.</source>
        <translation>无法打开患者库：更新版本的程序使用过该库；请安装该版本或选择其他患者库。</translation>
    </message>
    <message>
        <source>The patient library could not be opened: there is none in this folder.</source>
        <translation>无法打开患者库：该文件夹中没有患者库。</translation>
    </message>
    <message>
        <source>The patient library could not be opened: an older version wrote it; open it once in the window, which keeps a copy and brings it up to date.</source>
        <translation>无法打开患者库：由旧版本写入；请先在窗口中打开一次，程序会保留副本并将其更新。</translation>
    </message>
    <message>
        <source>Another program is already working in this patient library; close it there and try again.</source>
        <translation>另一程序正在使用该患者库；请在那里关闭后重试。</translation>
    </message>
    <message>
        <source>The patient library could not be read: its copy of this series is not what was analysed; restore the library from a copy.</source>
        <translation>无法读取患者库：其中该序列的副本与所分析的不一致；请从备份恢复患者库。</translation>
    </message>
    <message>
        <source>A stored {what} in the patient library is damaged; restore the library from a copy.</source>
        <translation>患者库中存储的{what}已损坏；请从备份恢复患者库。</translation>
    </message>
    <message>
        <source>mask</source>
        <translation>分割</translation>
    </message>
    <message>
        <source>stroke</source>
        <translation>笔画</translation>
    </message>
    <message>
        <source>thumbnail</source>
        <translation>缩略图</translation>
    </message>
    <message>
        <source>{count} of {files} image files in the patient library are missing or damaged; restore the library from a copy.</source>
        <translation>患者库的 {files} 个图像文件中有 {count} 个缺失或损坏；请从备份恢复患者库。</translation>
    </message>
    <message>
        <source>The patient library has no such patient.</source>
        <translation>患者库中没有该患者。</translation>
    </message>
    <message>
        <source>The patient library has no such visit.</source>
        <translation>患者库中没有该次就诊。</translation>
    </message>
    <message>
        <source>The patient library has no such analysis.</source>
        <translation>患者库中没有该分析。</translation>
    </message>
    <message>
        <source>The patient library has no outlines of this {side} hip.</source>
        <translation>患者库中没有该{side}髋的轮廓。</translation>
    </message>
    <message>
        <source>The patient library has no such result of this hip.</source>
        <translation>患者库中没有该侧髋的此结果。</translation>
    </message>
    <message>
        <source>No hip that can be scored was found on this half of the study.</source>
        <translation>在该检查的这一半中未找到可评分的髋。</translation>
    </message>
    <message>
        <source>Analysing visits again</source>
        <translation>重新分析各次就诊</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: these two are not named as repeats.</source>
        <translation>患者库未保存任何内容：这两个结果未被标为重复测量。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the visits to be parted are not of one patient.</source>
        <translation>患者库未保存任何内容：要拆分的就诊不属于同一患者。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: birth date or sex of the two differ; give the reason why they are one person.</source>
        <translation>未向患者库保存任何内容：双方的出生日期或性别不同；请说明为何是同一人。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: what was regrouped here was regrouped again since; take that back first.</source>
        <translation>未向患者库保存任何内容：此处的内容此后又重新归组；请先撤回较新的那一项。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the two visits belong to different patients.</source>
        <translation>未向患者库保存任何内容：这两次就诊属于不同患者。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the images of the two visits name different patients.</source>
        <translation>未向患者库保存任何内容：两次就诊的图像所载患者不同。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: give the other visit its date first.</source>
        <translation>未向患者库保存任何内容：请先为另一次就诊填写日期。</translation>
    </message>
    <message>
        <source>The patient library has no such study.</source>
        <translation>患者库中没有此检查。</translation>
    </message>
    <message>
        <source>The patient library has no such change to be taken back.</source>
        <translation>患者库中没有可撤回的此项更改。</translation>
    </message>
    <message>
        <source>Its images were moved to another visit.</source>
        <translation>其图像已移至另一次就诊。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: {fault}</source>
        <translation>患者库未保存任何内容：{fault}</translation>
    </message>
    <message>
        <source>the two are one and the same, so they tell nothing of noise.</source>
        <translation>两者完全相同，无法反映测量误差。</translation>
    </message>
    <message>
        <source>the two are of one scan; a repeat needs the hip scanned twice.</source>
        <translation>两者来自同一次扫描；重复测量需要对髋部扫描两次。</translation>
    </message>
    <message>
        <source>the two are of different scans; a re-edit needs one scan.</source>
        <translation>两者来自不同扫描；重复编辑需要同一次扫描。</translation>
    </message>
    <message>
        <source>a re-edit needs two outlines that a reader edited or drew.</source>
        <translation>重复编辑需要两个由阅片者编辑或绘制的轮廓。</translation>
    </message>
    <message>
        <source>one was edited by a reader and the other was not.</source>
        <translation>其中一个经阅片者编辑，另一个没有。</translation>
    </message>
    <message>
        <source>one is a right and the other a left hip.</source>
        <translation>一个是右髋，另一个是左髋。</translation>
    </message>
    <message>
        <source>the score&apos;s definition of one of them was not recorded.</source>
        <translation>其中一个未记录评分定义。</translation>
    </message>
    <message>
        <source>one of them has no score.</source>
        <translation>其中一个没有评分。</translation>
    </message>
    <message>
        <source>the two were not made alike, so they cannot be compared.</source>
        <translation>两者的获得方式不同，不能比较。</translation>
    </message>
    <message>
        <source>the two are named as repeats already.</source>
        <translation>两者已标为重复测量。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the images of this visit state its date.</source>
        <translation>未向患者库保存任何内容：该次就诊的图像已注明日期。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: no signature of the {side} hip stands.</source>
        <translation>未向患者库保存任何内容：{side}髋没有有效的签署。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: nobody has judged the {side} hip; accept or reject it first.</source>
        <translation>未向患者库保存任何内容：{side}髋尚未审阅；请先接受或拒绝。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the {side} hip is signed; withdraw its signature first.</source>
        <translation>未向患者库保存任何内容：{side}髋已签署；请先撤回签署。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the {side} hip was changed meanwhile; look at its newest outlines first.</source>
        <translation>未向患者库保存任何内容：{side}髋在此期间已更改；请先查看其最新轮廓。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: brush strokes on the {side} hip are neither finished nor discarded; do that first.</source>
        <translation>患者库未保存任何内容：{side}髋的画笔笔画既未完成也未放弃；请先处理。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: the {side} hip was painted on meanwhile; look at it again.</source>
        <translation>患者库未保存任何内容：{side}髋在此期间又被画过；请重新查看。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: it was opened for reading only.</source>
        <translation>未向患者库保存任何内容：以只读方式打开。</translation>
    </message>
    <message>
        <source>Nothing was saved: this analysis is in the patient library already.</source>
        <translation>未保存任何内容：该分析已在患者库中。</translation>
    </message>
    <message>
        <source>This visit has no analysis; open the folder of its images.</source>
        <translation>该次就诊没有分析；请打开其图像文件夹。</translation>
    </message>
    <message>
        <source>The images in the patient library are not those that were analysed, so they are not shown; restore the library from a copy, or open the folder of the images.</source>
        <translation>患者库中的图像与所分析的不一致，因此不显示；请从备份恢复患者库，或打开图像文件夹。</translation>
    </message>
    <message>
        <source>The backup was not made: {why}</source>
        <translation>未生成备份：{why}</translation>
    </message>
    <message>
        <source>Nothing was restored: {why}</source>
        <translation>未恢复任何内容：{why}</translation>
    </message>
    <message>
        <source>The patient library could not be checked: {why}</source>
        <translation>无法检查患者库：{why}</translation>
    </message>
    <message>
        <source>The patient library could not be repaired: {why}</source>
        <translation>无法修复患者库：{why}</translation>
    </message>
    <message>
        <source>Copying images</source>
        <translation>正在复制图像</translation>
    </message>
    <message>
        <source>Checking images</source>
        <translation>正在检查图像</translation>
    </message>
    <message>
        <source>Restoring</source>
        <translation>正在恢复</translation>
    </message>
    <message>
        <source>A library on a database server is backed up and repaired by the server&apos;s own tools, its folder of series beside it; name a folder here.</source>
        <translation>数据库服务器上的患者库由服务器自带的工具备份和修复，其序列文件夹另行备份；此处请指定文件夹。</translation>
    </message>
    <message>
        <source>The backup was not made: there is no patient library in {place}.</source>
        <translation>未生成备份：{place} 中没有患者库。</translation>
    </message>
    <message>
        <source>The backup was not made: the disk takes no file of this size; choose another disk, or have this one formatted for larger files.</source>
        <translation>未生成备份：该磁盘不能存放这么大的文件；请选择其他磁盘，或将其格式化为支持大文件的格式。</translation>
    </message>
    <message>
        <source>There is no patient library in this database.</source>
        <translation>此数据库中没有患者库。</translation>
    </message>
    <message>
        <source>Nothing was restored: a newer version of the program made this backup.</source>
        <translation>未恢复任何内容：此备份由更新版本的程序生成。</translation>
    </message>
    <message>
        <source>Nothing was restored: the disk is too full; {needed} MB are needed, {free} MB are free.</source>
        <translation>未恢复任何内容：磁盘空间不足；需要 {needed} MB，可用 {free} MB。</translation>
    </message>
    <message>
        <source>Nothing was restored: the file is not a HipDesk backup, or was cut off or altered; use another backup.</source>
        <translation>未恢复任何内容：该文件不是 HipDesk 备份，或已被截断或更改；请使用其他备份。</translation>
    </message>
    <message>
        <source>Nothing was restored: the library in {place} cannot be moved aside.</source>
        <translation>未恢复任何内容：{place} 中的患者库无法移开。</translation>
    </message>
    <message>
        <source>Nothing was restored: {place} holds something else; name another folder.</source>
        <translation>未恢复任何内容：{place} 中有其他内容；请指定其他文件夹。</translation>
    </message>
    <message>
        <source>Nothing was restored: {place} is no file; name a backup.</source>
        <translation>未恢复任何内容：{place} 不是文件；请指定备份。</translation>
    </message>
    <message>
        <source>The patient library could not be checked: there is none in {place}.</source>
        <translation>无法检查患者库：{place} 中没有患者库。</translation>
    </message>
    <message>
        <source>An older version wrote it; open it with this one, then check again.</source>
        <translation>它由旧版本写入；请先用本版本打开，再检查一次。</translation>
    </message>
    <message>
        <source>The patient library could not be repaired: its database has lost something; restore a backup, which keeps this library aside.</source>
        <translation>无法修复患者库：其数据库丢失了内容；请恢复备份，现有患者库会保留在一边。</translation>
    </message>
    <message>
        <source>entry {number} of its record of changes is not what was written</source>
        <translation>更改记录的第 {number} 条与写入时不一致</translation>
    </message>
    <message>
        <source>an analysis was added or removed outside the program</source>
        <translation>有分析在程序之外被添加或删除</translation>
    </message>
    <message>
        <source>a stored result was changed outside the program</source>
        <translation>有存储的结果在程序之外被更改</translation>
    </message>
    <message>
        <source>a reader&apos;s correction was changed outside the program</source>
        <translation>有阅片者的修正在程序之外被更改</translation>
    </message>
    <message>
        <source>what a reader did was changed outside the program</source>
        <translation>有阅片者的操作记录在程序之外被更改</translation>
    </message>
    <message>
        <source>a visit was moved outside the program</source>
        <translation>有就诊在程序之外被移动</translation>
    </message>
    <message>
        <source>images were moved to another visit outside the program</source>
        <translation>图像在程序之外被移至另一次就诊</translation>
    </message>
    <message>
        <source>a corrected outline is not what its brush strokes make</source>
        <translation>一处经更正的轮廓与其画笔笔画的结果不符</translation>
    </message>
    <message>
        <source>Reading both visits</source>
        <translation>正在读取两次就诊</translation>
    </message>
    <message>
        <source>the hip is not aligned</source>
        <translation>不对齐该髋</translation>
    </message>
    <message>
        <source>femur</source>
        <translation>股骨</translation>
    </message>
    <message>
        <source>hip bone</source>
        <translation>髋骨</translation>
    </message>
    <message>
        <source>These are not two visits of this patient, so the hip is not aligned.</source>
        <translation>这不是该患者的两次就诊，因此不对齐该髋。</translation>
    </message>
    <message>
        <source>The visit given as the later one comes first, so the hip is not aligned.</source>
        <translation>作为后一次的就诊实际在前，因此不对齐该髋。</translation>
    </message>
    <message>
        <source>A visit has no date, so the hip is not aligned; give it its date first.</source>
        <translation>有一次就诊没有日期，因此不对齐该髋；请先填写日期。</translation>
    </message>
    <message>
        <source>The visit of {day} has no result of the {side} hip, so the hip is not aligned.</source>
        <translation>{day} 的就诊没有{side}髋的结果，因此不对齐该髋。</translation>
    </message>
    <message>
        <source>At the visit of {day} this may be the other hip, so the hip is not aligned; settle that in the review first.</source>
        <translation>{day} 的就诊中这可能是另一侧髋，因此不对齐该髋；请先在审阅中确认。</translation>
    </message>
    <message>
        <source>A visit has no outlines of the {side} hip, so the hip is not aligned.</source>
        <translation>有一次就诊没有{side}髋的轮廓，因此不对齐该髋。</translation>
    </message>
    <message>
        <source>The two results may not be compared, so the hip is not aligned unless you ask for it anyway: {why}</source>
        <translation>两个结果不可比较，除非您仍要求对齐，否则不对齐该髋：{why}</translation>
    </message>
    <message>
        <source>Outlining the bone&apos;s surface</source>
        <translation>正在提取骨表面</translation>
    </message>
    <message>
        <source>Laying the surfaces on each other</source>
        <translation>正在对齐两次的骨表面</translation>
    </message>
    <message>
        <source>Comparing the signal around the bone</source>
        <translation>正在比较骨周围的信号</translation>
    </message>
    <message>
        <source>Comparing the signal the other way round</source>
        <translation>正在反向比较信号</translation>
    </message>
    <message>
        <source>The two visits have too little of the {bone} in common: {points} points of its surface, where {least} are needed; compare them side by side.</source>
        <translation>两次就诊共有的{bone}太少：其表面仅 {points} 个点，至少需要 {least} 个；请并排比较。</translation>
    </message>
    <message>
        <source>After alignment the surfaces of the {bone} lie {median} mm apart, 95 % within {far} mm, where no more than {most} mm and {most_far} mm are allowed; check the outlines of both visits.</source>
        <translation>对齐后两次{bone}表面相距 {median} mm，95% 在 {far} mm 以内，而允许的上限为 {most} mm 和 {most_far} mm；请检查两次就诊的轮廓。</translation>
    </message>
    <message>
        <source>The {bone} would be turned by {turn} degrees, where no more than {most} are allowed; check the outlines of both visits.</source>
        <translation>{bone}将旋转 {turn} 度，而允许的上限为 {most} 度；请检查两次就诊的轮廓。</translation>
    </message>
    <message>
        <source>The {bone} would take the head {astray} mm away from where it was found, where no more than {most} mm are allowed; check the outlines of both visits.</source>
        <translation>{bone}会使股骨头偏离其定位处 {astray} mm，而允许的上限为 {most} mm；请检查两次就诊的轮廓。</translation>
    </message>
    <message>
        <source>The settings {what} and start from the defaults; {then}.</source>
        <translation>设置{what}，现使用默认值；{then}。</translation>
    </message>
    <message>
        <source>The places of windows {what} and start from the defaults; {then}.</source>
        <translation>窗口位置记录{what}，现使用默认值；{then}。</translation>
    </message>
    <message>
        <source>The notes of unfinished analyses {what} and start from the defaults; {then}.</source>
        <translation>未完成分析的记录{what}，现使用默认值；{then}。</translation>
    </message>
    <message>
        <source>The character sets of folders {what} and start from the defaults; {then}.</source>
        <translation>文件夹的字符集设置{what}，现以默认值开始；{then}。</translation>
    </message>
    <message>
        <source>The settings cannot be saved; check that the disk is not full and that you may write to {path}.</source>
        <translation>无法保存设置；请检查磁盘是否已满，以及是否允许写入 {path}。</translation>
    </message>
    <message>
        <source>The places of windows cannot be saved; check that the disk is not full and that you may write to {path}.</source>
        <translation>无法保存窗口位置；请检查磁盘是否已满，以及是否允许写入 {path}。</translation>
    </message>
    <message>
        <source>The notes of unfinished analyses cannot be saved; check that the disk is not full and that you may write to {path}.</source>
        <translation>无法保存未完成分析的记录；请检查磁盘是否已满，以及是否允许写入 {path}。</translation>
    </message>
    <message>
        <source>The character sets of folders cannot be saved; check that the disk is not full and that you may write to {path}.</source>
        <translation>文件夹的字符集设置无法保存；请检查磁盘是否已满，以及您是否可以写入 {path}。</translation>
    </message>
    <message>
        <source>were {what}</source>
        <translation>{what}</translation>
    </message>
    <message>
        <source>written by a newer version of the program</source>
        <translation>由更新版本的程序写入</translation>
    </message>
    <message>
        <source>found damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>could not be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>check that you may read {file}</source>
        <translation>请检查是否允许读取 {file}</translation>
    </message>
    <message>
        <source>{file} could not be kept aside</source>
        <translation>无法另存 {file}</translation>
    </message>
    <message>
        <source>the file was kept as {file}</source>
        <translation>原文件另存为 {file}</translation>
    </message>
    <message>
        <source>The pages of the report cannot be shown, because its PDF file is damaged; make the report again.</source>
        <translation>无法显示报告页面，因为其 PDF 文件已损坏；请重新生成报告。</translation>
    </message>
    <message>
        <source>{path} cannot be written; check that the disk is not full, that you may write there, and that no other program has the file open.</source>
        <translation>无法写入 {path}；请检查磁盘是否已满、是否允许写入，以及文件是否被其他程序打开。</translation>
    </message>
    <message>
        <source>{path} cannot be read; choose a table saved as CSV.</source>
        <translation>无法读取 {path}；请选择保存为 CSV 的表格。</translation>
    </message>
    <message>
        <source>{path} is no file; choose a table saved as CSV.</source>
        <translation>{path} 不是文件；请选择保存为 CSV 的表格。</translation>
    </message>
    <message>
        <source>{path} is larger than {most} MB; split the table into several files.</source>
        <translation>{path} 大于 {most} MB；请将表格拆分为几个文件。</translation>
    </message>
    <message>
        <source>This file is not text in UTF-8 or GBK; save the table as CSV UTF-8 and choose that.</source>
        <translation>该文件不是 UTF-8 或 GBK 文本；请将表格另存为 CSV UTF-8 后再选择。</translation>
    </message>
    <message>
        <source>This is a spreadsheet&apos;s own file; save it as CSV (comma separated) and choose that.</source>
        <translation>这是电子表格软件自身格式的文件；请另存为 CSV（逗号分隔）后再选择。</translation>
    </message>
    <message>
        <source>Nothing was saved in the patient library: it has changed since the table was tried out; import the table again.</source>
        <translation>未在患者库中保存任何内容：试读表格后患者库已有变动；请重新导入该表格。</translation>
    </message>
    <message>
        <source>This reader has read this hip of this visit before; the next reading is {number}.</source>
        <translation>该阅片者此前已阅过该次就诊的这一髋；下一次阅片为第 {number} 次。</translation>
    </message>
    <message>
        <source>This reader&apos;s reading {number} of this hip and visit must be entered first.</source>
        <translation>必须先录入该阅片者对该次就诊这一髋的第 {number} 次阅片。</translation>
    </message>
    <message>
        <source>a quotation mark is not closed or stands inside a cell</source>
        <translation>引号未闭合，或出现在单元格内部</translation>
    </message>
    <message>
        <source>a spreadsheet has rounded this number</source>
        <translation>该号码已被电子表格软件舍入</translation>
    </message>
    <message>
        <source>line {lines} speaks of the same</source>
        <translation>第 {lines} 行所述为同一内容</translation>
    </message>
    <message>
        <source>no answer earns these points</source>
        <translation>没有哪个选项是这个分值</translation>
    </message>
    <message>
        <source>no line follows the header</source>
        <translation>表头之后没有任何行</translation>
    </message>
    <message>
        <source>no patient has this ID</source>
        <translation>没有患者使用此 ID</translation>
    </message>
    <message>
        <source>no patient has this ID from this issuer</source>
        <translation>没有患者使用该签发者的此 ID</translation>
    </message>
    <message>
        <source>readings are numbered from 1</source>
        <translation>阅片从 1 开始编号</translation>
    </message>
    <message>
        <source>several patients have this ID</source>
        <translation>有多名患者使用此 ID</translation>
    </message>
    <message>
        <source>the CRP has no unit</source>
        <translation>CRP 没有单位</translation>
    </message>
    <message>
        <source>the column is missing</source>
        <translation>缺少该列</translation>
    </message>
    <message>
        <source>the column stands twice</source>
        <translation>该列出现两次</translation>
    </message>
    <message>
        <source>the day is missing</source>
        <translation>缺少具体日</translation>
    </message>
    <message>
        <source>the library holds another value</source>
        <translation>患者库中是另一个值</translation>
    </message>
    <message>
        <source>the line has {cells} cells</source>
        <translation>该行有 {cells} 个单元格</translation>
    </message>
    <message>
        <source>the line holds nothing beside the patient and the date</source>
        <translation>除患者和日期外，该行没有内容</translation>
    </message>
    <message>
        <source>the patient has no visit on this day</source>
        <translation>该患者当日没有就诊</translation>
    </message>
    <message>
        <source>the patient has several visits on this day</source>
        <translation>该患者当日有多次就诊</translation>
    </message>
    <message>
        <source>the table is empty</source>
        <translation>表格为空</translation>
    </message>
    <message>
        <source>there is no ID</source>
        <translation>没有 ID</translation>
    </message>
    <message>
        <source>there is no column of this name</source>
        <translation>没有此名称的列</translation>
    </message>
    <message>
        <source>this is none of the words that can stand here</source>
        <translation>这不是此处允许的词</translation>
    </message>
    <message>
        <source>this is not a date that can be read in one way only</source>
        <translation>不是可唯一识别的日期</translation>
    </message>
    <message>
        <source>this is not a number</source>
        <translation>这不是数字</translation>
    </message>
    <message>
        <source>this is not a whole number</source>
        <translation>这不是整数</translation>
    </message>
    <message>
        <source>this is not the limit of the CRP</source>
        <translation>这不是该 CRP 的检测限</translation>
    </message>
    <message>
        <source>this is outside the range</source>
        <translation>超出范围</translation>
    </message>
    <message>
        <source>this lies after the visit</source>
        <translation>晚于就诊</translation>
    </message>
    <message>
        <source>this lies before the patient&apos;s birth</source>
        <translation>早于患者出生</translation>
    </message>
    <message>
        <source>this lies before the visit</source>
        <translation>早于就诊</translation>
    </message>
    <message>
        <source>this lies in the future</source>
        <translation>在未来</translation>
    </message>
    <message>
        <source>this must not be empty</source>
        <translation>不得为空</translation>
    </message>
    <message>
        <source>this reader&apos;s reading {number} of this hip and visit is missing</source>
        <translation>缺少该阅片者对该次就诊这一髋的第 {number} 次阅片</translation>
    </message>
    <message>
        <source>this repeats line {line}</source>
        <translation>与第 {line} 行重复</translation>
    </message>
    <message>
        <source>There is no such date in the calendar.</source>
        <translation>日历中没有这一天。</translation>
    </message>
    <message>
        <source>A date must not lie before {year}.</source>
        <translation>日期不得早于 {year} 年。</translation>
    </message>
    <message>
        <source>The Harris points for absence of deformity contradict the measured deformities.</source>
        <translation>Harris“无畸形”得分与测得的畸形相矛盾。</translation>
    </message>
    <message>
        <source>An injection or operation has one date and no end.</source>
        <translation>注射或手术只有一个日期，没有结束日期。</translation>
    </message>
    <message>
        <source>Only an injection or operation has a side.</source>
        <translation>只有注射或手术才有侧别。</translation>
    </message>
    <message>
        <source>A treatment must not end before it starts.</source>
        <translation>治疗的结束不得早于开始。</translation>
    </message>
    <message>
        <source>A HIMRISS reading must hold at least one total.</source>
        <translation>HIMRISS 阅片至少要有一个总分。</translation>
    </message>
    <message>
        <source>{words} must be {what}.</source>
        <translation>{words}必须为{what}。</translation>
    </message>
    <message>
        <source>The CRP</source>
        <translation>CRP 值</translation>
    </message>
    <message>
        <source>The CRP&apos;s detection limit</source>
        <translation>CRP 检测限</translation>
    </message>
    <message>
        <source>4 only where all four deformities are within their limits</source>
        <translation>仅当四项畸形均在限度内时才为 4</translation>
    </message>
    <message>
        <source>a date such as 2024-03-05, 2024/3/5 or 2024年3月5日</source>
        <translation>日期，如 2024-03-05、2024/3/5 或 2024年3月5日</translation>
    </message>
    <message>
        <source>a date such as 2024-03-05, 2024/3/5 or 2024年3月5日, or only its year and month, or its year</source>
        <translation>日期，如 2024-03-05、2024/3/5 或 2024年3月5日，也可只有年月或年份</translation>
    </message>
    <message>
        <source>yes or no</source>
        <translation>是或否 (yes/no)</translation>
    </message>
    <message>
        <source>a column of this name</source>
        <translation>此名称的列</translation>
    </message>
    <message>
        <source>a day with one</source>
        <translation>只有一次就诊的日期</translation>
    </message>
    <message>
        <source>a documented column, or none</source>
        <translation>手册中列出的列，或不写</translation>
    </message>
    <message>
        <source>a drug with its start and end, or an injection or operation with one date</source>
        <translation>药物及其起止日期，或注射、手术及其一个日期</translation>
    </message>
    <message>
        <source>a later date</source>
        <translation>更晚的日期</translation>
    </message>
    <message>
        <source>a line or more</source>
        <translation>一行或多行</translation>
    </message>
    <message>
        <source>a name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>a number from {low} to {high}</source>
        <translation>{low} 到 {high} 的数字</translation>
    </message>
    <message>
        <source>a number from {low} to {high} degrees</source>
        <translation>{low} 到 {high} 度的数字</translation>
    </message>
    <message>
        <source>a number from {low} to {high}; millimetres of a 100 mm line divided by 10</source>
        <translation>{low} 到 {high} 的数字；100 mm 标尺上的毫米数除以 10</translation>
    </message>
    <message>
        <source>a number from 0 to {high} mg/L, its limit up to {most} mg/L</source>
        <translation>0 到 {high} mg/L 的数字，其检测限最高 {most} mg/L</translation>
    </message>
    <message>
        <source>a number in the unit of the CRP</source>
        <translation>以 CRP 的单位表示的数字</translation>
    </message>
    <message>
        <source>a number, or &lt; and the detection limit</source>
        <translation>数字，或 &lt; 加检测限</translation>
    </message>
    <message>
        <source>a value or more</source>
        <translation>一个或多个值</translation>
    </message>
    <message>
        <source>a whole number from 0 to {high}</source>
        <translation>0 到 {high} 的整数</translation>
    </message>
    <message>
        <source>a whole number from 1, without a gap</source>
        <translation>从 1 开始、不间断的整数</translation>
    </message>
    <message>
        <source>an earlier date</source>
        <translation>更早的日期</translation>
    </message>
    <message>
        <source>any text</source>
        <translation>任意文字</translation>
    </message>
    <message>
        <source>at least one total</source>
        <translation>至少一个总分</translation>
    </message>
    <message>
        <source>cells in quotation marks from end to end, &quot;&quot; for a mark within</source>
        <translation>引号须包住整个单元格，其中的引号写作 &quot;&quot;</translation>
    </message>
    <message>
        <source>each column once</source>
        <translation>每列一次</translation>
    </message>
    <message>
        <source>each visit or treatment once</source>
        <translation>每次就诊或每项治疗一行</translation>
    </message>
    <message>
        <source>mg/L or mg/dL</source>
        <translation>mg/L 或 mg/dL</translation>
    </message>
    <message>
        <source>perhaps {column}</source>
        <translation>或许是 {column}</translation>
    </message>
    <message>
        <source>readings numbered from 1 without a gap</source>
        <translation>从 1 开始连续编号的阅片</translation>
    </message>
    <message>
        <source>right or left</source>
        <translation>右或左 (right/left)</translation>
    </message>
    <message>
        <source>the ID of a patient in the library</source>
        <translation>患者库中某位患者的 ID</translation>
    </message>
    <message>
        <source>{what}; zeros at its start may have been lost</source>
        <translation>{what}；开头的零可能已丢失</translation>
    </message>
    <message>
        <source>the day of a visit</source>
        <translation>某次就诊的日期</translation>
    </message>
    <message>
        <source>the issuer of the ID</source>
        <translation>ID 的签发者</translation>
    </message>
    <message>
        <source>the names of the columns in the first line</source>
        <translation>第一行为各列名称</translation>
    </message>
    <message>
        <source>the same figure</source>
        <translation>相同的数值</translation>
    </message>
    <message>
        <source>the value that the library holds</source>
        <translation>患者库中的值</translation>
    </message>
    <message>
        <source>the visit&apos;s day or a later one</source>
        <translation>就诊当日或之后</translation>
    </message>
    <message>
        <source>today or an earlier date</source>
        <translation>今天或更早的日期</translation>
    </message>
    <message>
        <source>values that fit what the library holds</source>
        <translation>与患者库中内容相符的值</translation>
    </message>
    <message>
        <source>{cells} cells, as in the header</source>
        <translation>与表头一致的 {cells} 个单元格</translation>
    </message>
    <message>
        <source>{first}, {second}</source>
        <translation>{first}、{second}</translation>
    </message>
    <message>
        <source>{first} and {second}</source>
        <translation>{first}和{second}</translation>
    </message>
</context>
<context>
    <name>file_choice</name>
    <message>
        <source>Open a folder with hip MRI</source>
        <translation>打开髋关节 MRI 文件夹</translation>
    </message>
    <message>
        <source>Open files of a hip MRI</source>
        <translation>打开髋关节 MRI 文件</translation>
    </message>
</context>
<context>
    <name>hip_words</name>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>rejected by a reader</source>
        <translation>被阅片者拒绝</translation>
    </message>
    <message>
        <source>no result</source>
        <translation>无结果</translation>
    </message>
    <message>
        <source>no score</source>
        <translation>未评分</translation>
    </message>
    <message>
        <source>U/n {mean}  (n {n})</source>
        <translation>U/n {mean}  (n {n})</translation>
    </message>
    <message>
        <source>{verdict}, signed</source>
        <translation>{verdict}，已签署</translation>
    </message>
    <message>
        <source>Accepted</source>
        <translation>已接受</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>已拒绝</translation>
    </message>
    <message>
        <source>Not reviewed</source>
        <translation>未审阅</translation>
    </message>
</context>
<context>
    <name>import_menu</name>
    <message>
        <source>Import a clinical table</source>
        <translation>导入临床表格</translation>
    </message>
    <message>
        <source>Tables saved as CSV (*.csv *.tsv *.txt)</source>
        <translation>保存为 CSV 的表格 (*.csv *.tsv *.txt)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
</context>
<context>
    <name>keeping_menu</name>
    <message>
        <source>Back up the library</source>
        <translation>备份患者库</translation>
    </message>
    <message>
        <source>Restore the library from a backup</source>
        <translation>从备份恢复患者库</translation>
    </message>
    <message>
        <source>Backups of HipDesk (*.zip)</source>
        <translation>HipDesk 备份 (*.zip)</translation>
    </message>
</context>
<context>
    <name>labels</name>
    <message>
        <source>{words}.</source>
        <translation>{words}。</translation>
    </message>
</context>
<context>
    <name>person_words</name>
    <message>
        <source>No name stated</source>
        <translation>未注明姓名</translation>
    </message>
    <message>
        <source>male</source>
        <translation>男</translation>
    </message>
    <message>
        <source>female</source>
        <translation>女</translation>
    </message>
    <message>
        <source>other sex</source>
        <translation>其他性别</translation>
    </message>
    <message>
        <source>ID {number}</source>
        <translation>ID {number}</translation>
    </message>
    <message>
        <source>sex not stated</source>
        <translation>未注明性别</translation>
    </message>
    <message>
        <source>birth date not stated</source>
        <translation>未注明出生日期</translation>
    </message>
    <message>
        <source>born {day}</source>
        <translation>出生 {day}</translation>
    </message>
    <message>
        <source>visit without a date</source>
        <translation>无日期的就诊</translation>
    </message>
    <message>
        <source>visit {day}</source>
        <translation>就诊 {day}</translation>
    </message>
</context>
<context>
    <name>place_words</name>
    <message>
        <source>through the head centre</source>
        <translation>经股骨头中心</translation>
    </message>
    <message>
        <source>{mm} mm from the head centre</source>
        <translation>距股骨头中心 {mm} mm</translation>
    </message>
    <message>
        <source>{mm} mm {way}</source>
        <translation>{way}侧 {mm} mm</translation>
    </message>
    <message>
        <source>anterior</source>
        <translation>前</translation>
    </message>
    <message>
        <source>posterior</source>
        <translation>后</translation>
    </message>
    <message>
        <source>inferior</source>
        <translation>下</translation>
    </message>
    <message>
        <source>superior</source>
        <translation>上</translation>
    </message>
    <message>
        <source>to the right</source>
        <translation>偏右</translation>
    </message>
    <message>
        <source>to the left</source>
        <translation>偏左</translation>
    </message>
    <message>
        <source>{mm} mm anterior of the head centre</source>
        <translation>股骨头中心前方 {mm} mm</translation>
    </message>
    <message>
        <source>{mm} mm posterior of the head centre</source>
        <translation>股骨头中心后方 {mm} mm</translation>
    </message>
    <message>
        <source>{mm} mm inferior of the head centre</source>
        <translation>股骨头中心下方 {mm} mm</translation>
    </message>
    <message>
        <source>{mm} mm superior of the head centre</source>
        <translation>股骨头中心上方 {mm} mm</translation>
    </message>
    <message>
        <source>{mm} mm to the patient&apos;s right of the head centre</source>
        <translation>股骨头中心患者右侧 {mm} mm</translation>
    </message>
    <message>
        <source>{mm} mm to the patient&apos;s left of the head centre</source>
        <translation>股骨头中心患者左侧 {mm} mm</translation>
    </message>
</context>
<context>
    <name>printing</name>
    <message>
        <source>Print the report</source>
        <translation>打印报告</translation>
    </message>
</context>
<context>
    <name>regroup_menu</name>
    <message>
        <source>Merge with another patient...</source>
        <translation>与另一位患者合并...</translation>
    </message>
    <message>
        <source>Split off visits...</source>
        <translation>拆分就诊...</translation>
    </message>
    <message>
        <source>Put the patient aside...</source>
        <translation>搁置此患者...</translation>
    </message>
    <message>
        <source>Move to another patient...</source>
        <translation>移至另一位患者...</translation>
    </message>
    <message>
        <source>Split off as a patient of its own...</source>
        <translation>拆分为单独的患者...</translation>
    </message>
    <message>
        <source>Move images to another visit...</source>
        <translation>将图像移至另一次就诊...</translation>
    </message>
    <message>
        <source>Two scans of an unchanged hip...</source>
        <translation>未变化髋部的两次扫描...</translation>
    </message>
    <message>
        <source>Put the visit aside...</source>
        <translation>搁置此次就诊...</translation>
    </message>
    <message>
        <source>Show what was put aside or regrouped...</source>
        <translation>显示已搁置或已重新归组的内容...</translation>
    </message>
</context>
<context>
    <name>regroup_words</name>
    <message>
        <source>Are these one person?</source>
        <translation>这是同一个人吗？</translation>
    </message>
    <message>
        <source>Whose visit is this?</source>
        <translation>这次就诊属于谁？</translation>
    </message>
    <message>
        <source>Which visits are somebody else&apos;s?</source>
        <translation>哪些就诊属于他人？</translation>
    </message>
    <message>
        <source>To which visit do these images belong?</source>
        <translation>这些图像属于哪次就诊？</translation>
    </message>
    <message>
        <source>Put aside?</source>
        <translation>要搁置吗？</translation>
    </message>
    <message>
        <source>Which scans are repeats of an unchanged hip?</source>
        <translation>哪些扫描是未变化髋部的重复扫描？</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>合并</translation>
    </message>
    <message>
        <source>Move the visit</source>
        <translation>移动就诊</translation>
    </message>
    <message>
        <source>Split off</source>
        <translation>拆分</translation>
    </message>
    <message>
        <source>Move the images</source>
        <translation>移动图像</translation>
    </message>
    <message>
        <source>Put aside</source>
        <translation>搁置</translation>
    </message>
    <message>
        <source>Not repeats after all</source>
        <translation>并非重复扫描</translation>
    </message>
    <message>
        <source>Name as repeats</source>
        <translation>记为重复扫描</translation>
    </message>
    <message>
        <source>Nothing is deleted; it can be undone at once, and later from the list of what was put aside and regrouped.</source>
        <translation>不会删除任何内容；可立即撤销，以后也可从“已搁置与已重新归组”列表中撤回。</translation>
    </message>
    <message>
        <source>Choose the other patient: you then see both side by side before anything is done.</source>
        <translation>请选择另一位患者：随后并排显示双方，确认之前不作任何更改。</translation>
    </message>
    <message>
        <source>{visits} will be listed and compared under the name that is kept. Later images with the other number are a patient of their own again, and offered.</source>
        <translation>{visits}将列于所保留的姓名之下并参与比较。以后带有另一 ID 的图像仍先作为单独的患者，并提示是否为同一人。</translation>
    </message>
    <message>
        <source>Choose the patient to whom the visit belongs.</source>
        <translation>请选择该次就诊所属的患者。</translation>
    </message>
    <message>
        <source>The visit, with its results and signatures, will be listed and compared under the patient on the right. Its images and reports keep the name that they state.</source>
        <translation>该次就诊连同其结果和签名将列于右侧患者之下并参与比较。其图像和报告仍保留所载姓名。</translation>
    </message>
    <message>
        <source>{visits} will be a patient of their own, named as their images state it, and not be offered as the same person again.</source>
        <translation>{visits}将归一位单独的患者，姓名以图像所载为准，且不再提示为同一人。</translation>
    </message>
    <message>
        <source>The images go with all their results. A visit may hold several studies, of several days, and the right and left hip of different ones.</source>
        <translation>图像将连同其全部结果一起移动。一次就诊可包含不同日期的多次检查，右髋与左髋可来自不同检查。</translation>
    </message>
    <message>
        <source>{visits} will be left out of every list, trend and noise figure.</source>
        <translation>{visits}将不再出现在任何列表、趋势和噪声统计中。</translation>
    </message>
    <message>
        <source>Two scans between which nothing can have changed tell how much noise there is. From ten such pairs on, a change is said to exceed the noise or not.</source>
        <translation>两次扫描之间不可能有变化，其差异即为测量噪声。自第十对起，程序会说明变化是否超出噪声。</translation>
    </message>
    <message>
        <source>{said} {undone}</source>
        <translation>{said}{undone}</translation>
    </message>
    <message>
        <source>1 visit</source>
        <translation>1 次就诊</translation>
    </message>
    <message>
        <source>{n} visits</source>
        <translation>{n} 次就诊</translation>
    </message>
    <message>
        <source>The birth dates differ.</source>
        <translation>出生日期不同。</translation>
    </message>
    <message>
        <source>The sex differs.</source>
        <translation>性别不同。</translation>
    </message>
    <message>
        <source>Birth date and sex differ.</source>
        <translation>出生日期和性别均不同。</translation>
    </message>
    <message>
        <source>{what} These are probably two people: joined wrongly, one&apos;s results would be read as the other&apos;s.</source>
        <translation>{what}这很可能是两个人：若误合并，一人的结果会被当作另一人的结果。</translation>
    </message>
    <message>
        <source>{number}, issued by {issuer}</source>
        <translation>{number}，签发机构：{issuer}</translation>
    </message>
    <message>
        <source>No date</source>
        <translation>无日期</translation>
    </message>
    <message>
        <source>{n} slices</source>
        <translation>{n} 层</translation>
    </message>
    <message>
        <source>Merged: {visits}</source>
        <translation>已合并：{visits}</translation>
    </message>
    <message>
        <source>Visit moved</source>
        <translation>已移动就诊</translation>
    </message>
    <message>
        <source>Split off: {visits}</source>
        <translation>已拆分：{visits}</translation>
    </message>
    <message>
        <source>Images moved to another visit</source>
        <translation>图像已移至另一次就诊</translation>
    </message>
</context>
<context>
    <name>table_words</name>
    <message>
        <source>Line {line}, column {column}</source>
        <translation>第 {line} 行，{column} 列</translation>
    </message>
    <message>
        <source>Line {line}</source>
        <translation>第 {line} 行</translation>
    </message>
    <message>
        <source>{where}: {wrong}; expected: {expected}.</source>
        <translation>{where}：{wrong}；应为：{expected}。</translation>
    </message>
    <message>
        <source>{where}: {wrong} (“{found}”); expected: {expected}.</source>
        <translation>{where}：{wrong}（“{found}”）；应为：{expected}。</translation>
    </message>
    <message>
        <source>Clinical facts, one line a visit</source>
        <translation>临床资料，每次就诊一行</translation>
    </message>
    <message>
        <source>Treatments, one line each</source>
        <translation>治疗，每项一行</translation>
    </message>
    <message>
        <source>HIMRISS readings, one line each</source>
        <translation>HIMRISS 阅片，每次一行</translation>
    </message>
</context>
</TS>
