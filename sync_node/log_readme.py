"""What stands beside the logs in their zip, for whoever opens it."""

README = """Satchel: logs of a school's box

state.json            how the box is: versions, disk, time, links, power cuts, what is to come
ticks.csv             what the engine did in the last 30 days
site.log, engine.log  what the site and the engine logged; .1 is the one before
system.log            the end of what the box's system logged; .1 is of the start before
node.toml             how the box is configured

There are no keys, codes, PINs or passphrases in it, and no names of pupils, teachers or classes:
where one stood, [removed] or [name] stands. Times are in UTC.

-----

书包（Satchel）：学校盒子的日志

state.json            盒子的状态：版本、磁盘、时间、线路、断电、待到达的内容
ticks.csv             同步引擎最近 30 天的工作
site.log、engine.log  网站和引擎的日志；.1 是更早的一份
system.log            盒子系统日志的末尾；.1 是上一次开机的
node.toml             盒子的配置

其中没有密钥、代码、密码或口令，也没有学生、教师或班级的名字：
这些内容已替换为 [removed] 或 [name]。时间均为 UTC。
"""
